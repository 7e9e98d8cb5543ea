// dex as an OpenID Connect issuer. Its last version that the module proxy serves: later ones have a module path without /v2.
module k8s-tunnels.test/dex

go 1.24.0

require (
	github.com/dexidp/dex v2.13.0+incompatible
)

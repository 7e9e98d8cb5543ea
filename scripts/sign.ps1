# Signs programs for Windows with what comes with it: `sign.ps1 FILE…`. CSC_LINK is the certificate with its key as
# base64 of a .pfx, CSC_KEY_PASSWORD its password. Without them nothing is signed.
$ErrorActionPreference = 'Stop'
if (-not $env:CSC_LINK) {
  Write-Output 'No certificate: nothing is signed'
  exit 0
}
$certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new(
  [Convert]::FromBase64String($env:CSC_LINK), $env:CSC_KEY_PASSWORD)
foreach ($file in @($args | ForEach-Object { $_ })) {
  $signed = Set-AuthenticodeSignature -FilePath $file -Certificate $certificate -HashAlgorithm SHA256 `
    -TimestampServer 'http://timestamp.digicert.com' -IncludeChain NotRoot
  if ($signed.Status -ne 'Valid') { throw "${file}: $($signed.StatusMessage)" }
}

#!/bin/sh
# deb-in-overlay.sh PACKAGE.deb FOLDER: installs the package for real, looks at it, and purges it. It happens over this
# system, in a mount namespace of its own: whatever is written lands below FOLDER/up and nowhere else.
# Run it with `unshare --mount`, as root. Each answer begins with a line `# NAME`.
set -eu
deb=$1 folder=$2
mount -t tmpfs -o mode=755 none "$folder"
mkdir "$folder/up" "$folder/work" "$folder/root"
mount -t overlay none -o "lowerdir=/,upperdir=$folder/up,workdir=$folder/work" "$folder/root"
mount --rbind /proc "$folder/root/proc"
mount --rbind /dev "$folder/root/dev"
mount -t tmpfs none "$folder/root/tmp"
mount -t tmpfs -o mode=1777 none "$folder/root/var/tmp"
cp "$deb" "$folder/root/tmp/package.deb"
in_root() { chroot "$folder/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
# As nobody, in a home of its own.
in_home() { in_root setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/var/tmp "$@"; }

# What Electron needs of the system is not asked for: it does not run here.
in_root dpkg --force-depends -i /tmp/package.deb >&2
echo '# files'
in_root sh -c 'dpkg -L k8s-tunnels | while read -r file; do stat -c "%A %U:%G %n" "$file"; done'
echo '# link'
in_root readlink /usr/bin/k8s-tunnels
echo '# manual'
in_root sed -n 's/^\.TH //p' /usr/share/man/man1/k8s-tunnels.1
echo '# handler'
in_root sh -c 'grep k8s-tunnels /usr/share/applications/mimeinfo.cache || true'
echo '# entry'
in_root sh -c '! command -v desktop-file-validate >/dev/null || desktop-file-validate /usr/share/applications/k8s-tunnels.desktop || true'
echo '# version'
in_home k8s-tunnels --version
echo '# status'
in_home k8s-tunnels status --json
in_home k8s-tunnels quit >&2
echo '# reinstalled'
in_root dpkg --force-depends -i /tmp/package.deb >&2
in_root readlink /usr/bin/k8s-tunnels
in_root dpkg --purge k8s-tunnels >&2
echo '# left'
cd "$folder/up"
# Beside dpkg's own accounts, caches that the system makes anew after every package, which must not name ours.
find . ! -type d ! -path './var/lib/dpkg/*' ! -path './var/log/*' ! -path './var/cache/*' ! -name '*.cache' \
  ! -path ./etc/mailcap
find . \( -name '*.cache' -o -path ./etc/mailcap \) -exec grep -l k8s-tunnels {} +  || true

#!/bin/sh
# in-overlay.sh FOLDER COMMAND…: runs the command as root over this system, in a mount namespace of its own: what it
# writes outside /tmp lands below /mnt/FOLDER/up and nowhere else. Unlike a chroot, it leaves user namespaces to
# programs that want them. Run it with `unshare --mount`, as root.
set -eu
folder=$1
shift
mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$folder"
mkdir "$folder/up" "$folder/work" "$folder/root"
mount -t overlay none -o "lowerdir=/,upperdir=$folder/up,workdir=$folder/work" "$folder/root"
for place in proc sys dev tmp; do mount --rbind "/$place" "$folder/root/$place"; done
here=$PWD
cd "$folder/root"
pivot_root . mnt
cd "$here"
exec "$@"

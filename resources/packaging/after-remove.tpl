#!/bin/bash
# After an update too, when the new version stands already: deb then says `upgrade`, rpm 1.
case "$1" in
  remove | purge | 0) ;;
  *) exit 0 ;;
esac

if [ "$(readlink /usr/bin/k8s-tunnels)" = '/opt/${sanitizedProductName}/resources/bin/k8s-tunnels' ]; then
  rm -f /usr/bin/k8s-tunnels
fi
if [ "$(readlink /usr/share/man/man1/k8s-tunnels.1)" = '/opt/${sanitizedProductName}/resources/man/k8s-tunnels.1' ]; then
  rm -f /usr/share/man/man1/k8s-tunnels.1
fi

if hash update-desktop-database 2>/dev/null; then
  update-desktop-database /usr/share/applications || true
fi

profile='/etc/apparmor.d/${executable}'
if [ -f "$profile" ]; then
  if apparmor_status --enabled >/dev/null 2>&1 && ! { [ -x /usr/bin/ischroot ] && /usr/bin/ischroot; }; then
    apparmor_parser --remove "$profile" || true
  fi
  rm -f "$profile"
fi

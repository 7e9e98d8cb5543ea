#!/bin/bash
app='/opt/${sanitizedProductName}'

# The command line, not the app: `k8s-tunnels` in a terminal.
ln -sf "$app/resources/bin/k8s-tunnels" /usr/bin/k8s-tunnels
mkdir -p /usr/share/man/man1
ln -sf "$app/resources/man/k8s-tunnels.1" /usr/share/man/man1/k8s-tunnels.1

# Chromium's sandbox wants user namespaces, or where a user may not create them a program of root. Root may create them
# also where users may not, so this asks the settings of the kernel, then tries it as an ordinary account.
setting() { cat "/proc/sys/$1" 2>/dev/null || echo "$2"; }
users_may_unshare() {
  [ "$(setting kernel/unprivileged_userns_clone 1)" != 0 ] &&
    [ "$(setting user/max_user_namespaces 1)" != 0 ] &&
    [ "$(setting kernel/apparmor_restrict_unprivileged_userns 0)" = 0 ] &&
    setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user --map-root-user true 2>/dev/null
}
if users_may_unshare; then
  chmod 0755 "$app/chrome-sandbox" || true
else
  chmod 4755 "$app/chrome-sandbox" || true
fi

if hash update-desktop-database 2>/dev/null; then
  update-desktop-database /usr/share/applications || true
fi

# Ubuntu 24.04 and later let an app have user namespaces only by a profile; older systems cannot read this one.
if apparmor_status --enabled >/dev/null 2>&1; then
  profile="$app/resources/apparmor-profile"
  if apparmor_parser --skip-kernel-load --debug "$profile" >/dev/null 2>&1; then
    cp -f "$profile" '/etc/apparmor.d/${executable}'
    if ! { [ -x /usr/bin/ischroot ] && /usr/bin/ischroot; }; then
      apparmor_parser --replace --write-cache --skip-read-cache '/etc/apparmor.d/${executable}' || true
    fi
  fi
fi

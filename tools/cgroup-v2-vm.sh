#!/bin/bash
# Runs a command (default: the sandbox room's tests) on a kernel whose only control group hierarchy is cgroup v2, for
# developers whose own machine has v1 or the hybrid layout. The kernel is Debian's, emulated by qemu without hardware help
# (slow: a minute where a real machine takes seconds); its root is this machine's, read through virtiofs, with all writes
# in memory. Needs root, and: apt-get install qemu-system-x86 busybox-static. Keeps the kernel in $CACHE. Bounded by $LIMIT.
#   tools/cgroup-v2-vm.sh [COMMAND…]       for example: tools/cgroup-v2-vm.sh node --test src/sandbox/cgroup/*.test.ts
set -euo pipefail
cd "$(dirname "$0")/.."
CACHE=${CACHE:-/var/cache/lambent-vm} LIMIT=${LIMIT:-480} MEMORY=${MEMORY:-3072}
node=$(node -p 'process.execPath')
if [ $# -eq 0 ]; then
  set -- "$node" --test --test-reporter=spec --test-concurrency=1 src/sandbox/{cgroup,oci,rootless}/*.test.ts src/sandbox/attacks/*.test.ts
fi

mkdir -p "$CACHE" && work=$(mktemp -d) && trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
if [ ! -e "$CACHE/kernel" ]; then
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p')
  (cd "$work" && apt-get -q download "$package" && dpkg -x ./*.deb "$CACHE/kernel")
  busybox depmod -b "$CACHE/kernel" "$(ls "$CACHE/kernel/lib/modules")"
fi
version=$(ls "$CACHE/kernel/lib/modules")

# The first root holds what it takes to mount the second.
mkdir -p "$work"/first/{bin,dev,proc,sys,lower,upper,system,lib/modules/"$version"} && cp "$(command -v busybox)" "$work/first/bin/"
needed() { # a module and what it depends on, in the order of loading
  local line; line=$(grep "/$1.ko:" "$CACHE/kernel/lib/modules/$version/modules.dep")
  for file in $(echo "${line#*:}" | tr ' ' '\n' | tac) "${line%%:*}"; do echo "$file"; done
}
for module in virtio_pci virtio_blk virtiofs overlay; do needed $module; done | awk '!seen[$0]++' >"$work/first/modules"
while read -r file; do cp "$CACHE/kernel/lib/modules/$version/$file" "$work/first/lib/"; done <"$work/first/modules"
cat >"$work/first/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev
while read -r file; do insmod "/lib/${file##*/}"; done </modules
mount -t virtiofs -o ro host /lower && mount -t tmpfs none /upper && mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work none /system
mount --move /proc /system/proc; mount --move /sys /system/sys; mount --move /dev /system/dev
cp /second /upper/files/second
exec switch_root /system /bin/bash /second
INIT
cat >"$work/first/second" <<SECOND
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /run; mount /dev/vda /tmp; chmod 1777 /tmp
cp -a /etc /tmp/etc; mount --bind /tmp/etc /etc
mkdir -p "/lib/modules/$version" && mount --bind "$CACHE/kernel/lib/modules/$version" "/lib/modules/$version"
for module in veth tun loop nf_tables nft_masq nft_chain_nat nft_ct; do busybox modprobe \$module; done
chmod 666 /dev/net/tun
ip link set lo up
cd "$PWD"; export PATH="$(dirname "$node"):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME=/tmp/home
uname -r; grep cgroup /proc/mounts
$(printf '%q ' "$@")
echo "RESULT \$?"
echo o >/proc/sysrq-trigger; sleep 60
SECOND
chmod +x "$work/first/init"
(cd "$work/first" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 >"$work/first.gz")

truncate -s 8G "$work/disk" && mkfs.ext4 -q "$work/disk"
/usr/lib/qemu/virtiofsd --socket-path="$work/fs" -o source=/ -o cache=always -o sandbox=chroot >"$work/virtiofsd.log" 2>&1 &
until [ -S "$work/fs" ]; do sleep 0.1; done
timeout "$LIMIT" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m "$MEMORY" -nographic -no-reboot \
  -object memory-backend-memfd,id=mem,size="${MEMORY}M",share=on -numa node,memdev=mem \
  -chardev socket,id=fs,path="$work/fs" -device vhost-user-fs-pci,chardev=fs,tag=host \
  -drive file="$work/disk",format=raw,if=virtio,cache=unsafe \
  -kernel "$CACHE/kernel/boot/vmlinuz-$version" -initrd "$work/first.gz" \
  -append "console=ttyS0 quiet panic=-1 random.trust_cpu=on sysrq_always_enabled=1" | tee "$work/output"
grep -q '^RESULT 0' "$work/output"

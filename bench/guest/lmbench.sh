# One of lmbench's programs, and what it says in one line: "lmbench: NAME TEXT".  The time it measures for is short:
# under the deterministic clock a millisecond is a million instructions, and every repetition gives the same.
# lat_pipe and bw_pipe measure for seconds whatever one says.
export PATH=/opt/lmbench:$PATH ENOUGH=5000 TIMING_O=0 LOOP_O=0
once="-W 0 -N 1"
file=/tmp/lmbench.data
[ -x /opt/lmbench/lat_syscall ] || exit 0
mkdir -p /var/tmp
[ -f $file ] || dd if=/dev/zero of=$file bs=1M count=4 2>/dev/null
[ -f /tmp/hello ] || cp /opt/lmbench/hello /tmp/hello; mkdir -p /var/tmp/lmbench; ln -sf /opt/lmbench/hello /var/tmp/lmbench/hello

name=$1
case $name in
null | read | write) set -- lat_syscall $once $name ;;
stat | fstat | open) set -- lat_syscall $once $name $file ;;
sig-install) set -- lat_sig $once install ;;
sig-catch) set -- lat_sig $once catch ;;
sig-prot) set -- lat_sig $once prot $file ;;
pipe) set -- lat_pipe $once ;;
unix) set -- lat_unix $once ;;
ctx-*) set -- lat_ctx $once -s $(echo ${name#ctx-} | sed 's/.*-//')k $(echo ${name#ctx-} | sed 's/-.*//') ;;
fork | exec | shell) set -- lat_proc $once $name ;;
fault-file) set -- lat_pagefault $once $file ;;
mmap) set -- lat_mmap $once 4m $file ;;
mem-read) set -- bw_mem $once 1m rd ;;
mem-write) set -- bw_mem $once 1m wr ;;
mem-copy) set -- bw_mem $once 1m cp ;;
pipe-stream) set -- bw_pipe $once ;;
*) echo "no lmbench row '$name'"; exit 1 ;;
esac
echo "lmbench: $name $("$@" 2>&1 | tr '\n' ' ')"

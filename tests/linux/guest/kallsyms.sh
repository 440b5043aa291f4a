# Some of the kernel's symbols: what talks to the console is seen in every trace.
echo 0 >/proc/sys/kernel/kptr_restrict
grep -E ' [tT] (pl011_|uart_|vector_)' /proc/kallsyms | sed 's/^/kallsyms: /'

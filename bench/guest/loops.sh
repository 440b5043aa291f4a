# Shell loops: arithmetic and strings in the shell, pipes and small commands beside it.
i=0
sum=0
while [ $i -lt 3000 ]; do
    sum=$((sum + i * i % 7))
    case $i in *99) sum=$((sum + 1)) ;; esac
    i=$((i + 1))
done
mkdir -p /tmp/loops
for n in 1 2 3 4 5 6 7 8 9 10; do
    seq 1 50 | sort -n | tail -n 1 >/tmp/loops/$n
    cp /tmp/loops/$n /tmp/loops/copy.$n
    grep -q 50 /tmp/loops/copy.$n || exit 1
done
[ "$(ls /tmp/loops | wc -l)" = 20 ] || exit 1
rm -r /tmp/loops

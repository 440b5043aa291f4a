#!/bin/bash
# Does the proof see a wrong translator?  Each row breaks one line of a copy of src/xlate;
# prove_a32 must then fail.
#
# usage: tests/proof/mutants.sh
set -u
cd "$(dirname "$0")/../.."
work=build/proof/mutant
bad=0

# mutant NAME KINDS FILE SED-SCRIPT
mutant() {
    local name=$1 kinds=$2 file=$3 script=$4
    rm -rf $work && mkdir -p $work && cp -r src tests mk $work/
    sed -i "$script" "$work/$file"
    if cmp -s "$work/$file" "$file"; then
        echo "FAIL $name: the script changes nothing"
        bad=$((bad + 1))
    elif ! make -s --no-print-directory -C $work -f tests/proof/proof.mk build/proof/prove_a32 >$work/log 2>&1; then
        echo "FAIL $name: does not build"
        bad=$((bad + 1))
    elif $work/build/proof/prove_a32 $kinds >$work/log 2>&1; then
        echo "FAIL $name: not noticed"
        bad=$((bad + 1))
    else
        echo "ok   $name:$(grep -m 1 '^  [0-9a-f]* *[0-9a-f]*:' $work/log)"
    fi
}

S=src/xlate/stubs.c U=src/xlate/unwind.c X=src/xlate/xlate.c A=src/xlate/a32.def
mutant "MSR forgets the mode" msr $S 's/a32_and_imm(ra, ra, 0x7f)/a32_and_imm(ra, ra, 0x60)/'
mutant "MSR commits early" msr $S '/put_store_byte(w, rm/{N;s/\(.*\)\n\(.*\)/\2\n\1/}'
mutant "CPSIE asks no pending" cps $S 's/if (imod == 2) {/if (imod == 4) {/'
mutant "MRS keeps bits of the APSR" mrs $S '/a32_bfc_low16(ra)/d'
mutant "BX does not tell Thumb" bx $S 's/put(w, a32_add_lsl31(ra, ra, ra));/;/'
mutant "POP leaves its base" ldm-stm-pc $S 's/a32_add_imm(rn, rn, 4)/a32_add_imm(rn, rn, 0)/'
mutant "POP's scratch is its base" ldm-stm-pc $S 's/candidates = list \& ~BIT(rn)/candidates = list/'
mutant "a scratch register that is used" dp-reg $S 's/ | BIT(BITS(insn, 3, 0));/;/'
mutant "PC read too low" ldr-str-imm $S 's/put_const(w, ra, pc + 8)/put_const(w, ra, pc + 4)/'
mutant "writeback forgotten" ldr-str-imm $S 's/a32_sub_imm(rn, rn, imm)/a32_sub_imm(rn, rn, 0)/'
mutant "wrong LR when displaced" b $S 's/put_const(w, R_LR, pc + 4);/put_const(w, R_LR, pc);/'
mutant "unwinding keeps the scratch" dp-reg $U '/k >= 1 && s->ra != 15/s/k >= 1/k >= 3/'
mutant "a jump finished in ARM state" bx $U '/\*cpsr |= PSR_T/d'
mutant "STM^ is copied" ldm-stm-user $A '/^A32(stm_user/s/USR_REGS/COPY/'
mutant "LDRT is copied" ldrt $A '/^A32(ldst_imm_t/s/UNPRIV/COPY/'
mutant "a wrong thread register" cp15-mcr-mrc $X 's/~0xe0u) | 3u << 5/~0xe0u) | 2u << 5/'
rm -rf $work
[ $bad = 0 ] && echo "mutants: all noticed"
[ $bad = 0 ]

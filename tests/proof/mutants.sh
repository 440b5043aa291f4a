#!/bin/bash
# Do the proofs see what is wrong?  Each row breaks one line of a copy of src; the program
# named must then fail.
#
# usage: tests/proof/mutants.sh
set -u
cd "$(dirname "$0")/../.."
work=build/proof/mutant
bad=0

# mutant NAME PROGRAM KIND FILE SED-SCRIPT
mutant() {
    local name=$1 program=$2 kind=$3 file=$4 script=$5
    rm -rf $work && mkdir -p $work && cp -r src tests mk $work/
    sed -i "$script" "$work/$file"
    if cmp -s "$work/$file" "$file"; then
        echo "FAIL $name: the script changes nothing"
        bad=$((bad + 1))
    elif ! make -s --no-print-directory -C $work -f tests/proof/proof.mk build/proof/$program >$work/log 2>&1; then
        echo "FAIL $name: does not build"
        bad=$((bad + 1))
    elif $work/build/proof/$program "$kind" >$work/log 2>&1; then
        echo "FAIL $name: not noticed"
        bad=$((bad + 1))
    else
        echo "ok   $name:$(grep -m 1 '^  ' $work/log)"
    fi
}

S=src/xlate/stubs.c Y=src/xlate/sysstubs.c U=src/xlate/unwind.c X=src/xlate/xlate.c A=src/xlate/a32.def
mutant "MSR forgets the mode" prove_a32 msr $Y 's/a32_mov_ror(ra, ra, STATE_MSR_ROTATE)/a32_mov_lsl(ra, ra, 7)/'
mutant "MSR commits early" prove_a32 msr $Y '/put_store_byte(w, rm/{N;s/\(.*\)\n\(.*\)/\2\n\1/}'
mutant "CPSIE asks no pending" prove_a32 cps $Y 's/put_load(w, ra, FIELD(pend_ptr))/put_load(w, ra, FIELD(vfp_ptr))/'
mutant "MRS keeps bits of the APSR" prove_a32 mrs $Y 's/a32_pkhbt(rd, rd, ra)/a32_orr(rd, rd, ra)/'
mutant "STM^ in FIQ mode" prove_a32 ldm-stm-user $Y '/^static void stm_user/,/^}/{/put(w, a32_ldr(ra, ra, 0))/d}'
mutant "LDM^ takes the wrong word" prove_a32 ldm-stm-user $Y 's/b->lr = b->sp + 4 \* b->has_sp/b->lr = b->sp/'
mutant "DACR loses nothing" prove_a32 cp15-mcr-mrc $Y 's/a32_bic(ra, ra, rt));/a32_eor(ra, ra, ra));/'
mutant "CP15DSB keeps its condition" prove_a32 cp15-mcr-mrc $Y 's/(insn \& 0x0fffffffu) | 0xe0000000u)/insn | 0xe0000000u)/'
mutant "TLBIMVA jumps into its queue" prove_a32 cp15-mcr-mrc $Y 's/a32_and_imm(ra, ra, 32)/a32_and_imm(ra, ra, 16)/'
mutant "DSB forgets the queue" prove_a32 barriers $Y 's/a32_ldr(ra, ra, STATE_QUEUE_PROBE)/a32_ldr(ra, ra, 0)/'
mutant "SPSR of the wrong field" prove_a32 mrs $Y 's/BITS(insn, 15, 12), FIELD(spsr)/BITS(insn, 15, 12), FIELD(ctl)/'
mutant "VMSR keeps VFP on" prove_a32 vmsr-vmrs $Y 's/FIELD(hw_fpexc)/FIELD(tpidrurw)/'
mutant "BX does not tell Thumb" prove_a32 bx $S 's/put(w, a32_add_lsl31(ra, ra, ra));/;/'
mutant "POP leaves its base" prove_a32 ldm-stm-pc $S 's/a32_add_imm(rn, rn, 4)/a32_add_imm(rn, rn, 0)/'
mutant "POP's scratch is its base" prove_a32 ldm-stm-pc $S 's/candidates = list \& ~BIT(rn)/candidates = list/'
mutant "a scratch register that is used" prove_a32 dp-reg $S 's/ | BIT(BITS(insn, 3, 0));/;/'
mutant "PC read too low" prove_a32 ldr-str-imm $S 's/put_const(w, ra, pc + 8)/put_const(w, ra, pc + 4)/'
mutant "writeback forgotten" prove_a32 ldr-str-imm $S 's/a32_sub_imm(rn, rn, imm)/a32_sub_imm(rn, rn, 0)/'
mutant "wrong LR when displaced" prove_a32 b $S 's/put_const(w, R_LR, pc + 4);/put_const(w, R_LR, pc);/'
mutant "unwinding keeps the scratch" prove_a32 dp-reg $U 's/k >= 1 || (s->rb/k >= 3 || (s->rb/'
mutant "ADR goes up" prove_a32 dp-imm $S 's/value = pc + 8 - imm/value = pc + 8 + imm/'
mutant "POP of two leaves its base" prove_a32 ldm-stm-pc $S 's/a32_ldrd_post(first, rn, 12)/a32_ldrd_post(first, rn, 8)/'
mutant "a load without its base" prove_a32 ldr-str-reg $S 's/!(index \&\& rd == BITS(insn, 3, 0))/true/'
mutant "a jump finished in ARM state" prove_a32 bx $U '/\*cpsr |= PSR_T/d'
mutant "STM^ is copied" prove_a32 ldm-stm-user $A '/^A32(stm_user/s/USR_REGS/COPY/'
mutant "LDRT is copied" prove_a32 ldrt $A '/^A32(ldst_imm_t/s/UNPRIV/COPY/'
mutant "a wrong thread register" prove_a32 cp15-mcr-mrc $X 's/~0xe0u) | 3u << 5/~0xe0u) | 2u << 5/'

T=src/xlate/trace.c
mutant "a register that stays spilled is forgotten" prove_traces "" $U 's/ || (s->rb && s->kind != STUB_MRS)//'
mutant "copied words are one instruction" prove_traces "" $U 's/guest_pc + 4 \* k/guest_pc/'
mutant "a stub of the other condition" prove_traces "" $T 's/cc ^ 1, w->va/cc, w->va/'
mutant "a branch copied as it is" prove_traces "" $T '/word = a32_b(insn >> 28/d'
mutant "a register taken over across a label" prove_traces "" $T 's/w->restored_at = 0;/;/'
mutant "a trace returns too far" prove_traces "" $T 's/code->entry + 4 \* done/code->entry + 4 * done + 4/'

D=src/shadow/drop.c F=src/shadow/fill.c P=src/shadow/policy_tlb.c M=src/shadow/space.c Q=src/shadow/quick.c
mutant "TLBIMVA misses shared entries" model_shadow "one page" $D 's/all_asids || bitmap_test(s->mixed, mib)/all_asids/'
mutant "a table without its flags" model_shadow "code in sections" $F '/->flags = l2_meta(view_l2(entry))->flags/d'
mutant "a large page dropped in part" model_shadow "large pages" $F 's/? L2_HAS_LARGE : L2_HAS_SECTION/? 0 : L2_HAS_SECTION/'
mutant "the host keeps what is replaced" model_shadow "one page" $F '/^    if (!old)$/s/!old/1/'
mutant "the hot path leaves the host what is replaced" model_shadow "one page" $Q '/^    if (held)$/s/held/0/'
mutant "a hot path by the old table" model_shadow "one page" $M 's/quick_set_table(s);/(void)s;/'
mutant "translations outlive TLBI" model_shadow code $P '/drop_pages(s, &code, all_asids/d'
mutant "Manager outlives DACR" model_shadow domains $M '/^    if (flush)/s/flush/0/'
mutant "TLBIASID of another ASID" model_shadow "one page" $P 's/asid_spaces\[asid\]/asid_spaces[asid ^ 3]/'
mutant "protection forgets sections" model_shadow code $D '/for_each_view(s, drop_sections_of, host_mib)/d'
mutant "views share what is not global" model_shadow "one page" $F 's/return !w->ng \&\& !v->flat;/return true;/'
mutant "MMU off shares" model_shadow "MMU off" $F 's/return !w->ng \&\& !v->flat;/return !w->ng;/'
rm -rf $work
[ $bad = 0 ] && echo "mutants: all noticed"
[ $bad = 0 ]

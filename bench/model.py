#!/usr/bin/python3
"""From counts to cycles: what an operation would cost on a Cortex-A8 or Cortex-A9.

usage: model.py [RESULTS.json [CONFIG [BOARD]]]      default: build/bench/report/results.json tlb cubieboard

The emulator tells how many instructions execute and how often what happens; a processor charges differently for them:

    cycles = instructions x CPI
           + exceptions   x 2 x flush                       into the exception and back: the pipeline is refilled
           + exceptions   x misses x walk                   the handler's pages displace TLB entries
           + CP15 writes  x flush                           those that an ISB must follow
           + TLB operations x (flush + refill x walk)       what was invalidated is walked for again
           + shadow entries x clean                         written, cleaned to where walks look, DSB

Natively the exceptions are those that the guest's kernel takes (umbra injects exactly them: exc_*), the TLB operations
its own.  Under umbra the exceptions are umbra's exits; every world switch writes DACR, TTBR0 and CONTEXTIDR only when
they change, so CP15 writes are counted as one for an exit that changes between guest user and guest kernel
(system calls, injected exceptions, exception returns: two views, two ASIDs) and three for a switch of spaces.

Constants.  'source' says where a figure comes from; an 'assumed' one has a range, and the result is shown for both ends.
"""
import json
import os
import sys

CORES = {
    "Cortex-A8": {
        # value, low, high, source
        "cpi": (1.5, 1.2, 2.0, "assumed: dual issue in order, 2.0 DMIPS/MHz; kernel code with L1 misses"),
        "flush": (13, 13, 13, "DDI 0344K 16.4.1: a change of flow that is not predicted costs the integer pipeline"),
        "walk": (24, 24, 60, "DDI 0344K table 16-16: TLB miss, tables in the L2 cache; high: some walks miss it"),
        "misses": (2, 1, 4, "assumed: 32 entries in each TLB; umbra's image, state page, stack: few sections"),
        "refill": (1, 1, 2, "assumed: one entry invalidated by address is wanted again"),
        "clean": (30, 20, 60, "assumed: DCCMVAU and DSB to the L2 cache; walks do not look into L1 (DDI 0344K 6)"),
    },
    "Cortex-A9": {
        "cpi": (1.2, 0.9, 1.7, "assumed: dual issue out of order, 2.5 DMIPS/MHz"),
        "flush": (8, 8, 12, "pipeline depth as compilers model it (LLVM, ARMScheduleA9.td: MispredictPenalty)"),
        "walk": (20, 10, 50, "assumed: main TLB of 128 entries behind micro TLBs; walks look into L1 (DDI 0388I 6)"),
        "misses": (2, 1, 4, "assumed"),
        "refill": (1, 1, 2, "assumed"),
        "clean": (5, 0, 30, "walks are cacheable in L1 when TTBR says so: nothing to clean; umbra cleans all the same"),
    },
}

OPERATIONS = ["null", "read", "write", "stat", "fstat", "open", "sig-install", "sig-catch", "pipe", "ctx-2-0", "fork",
              "exec", "shell", "fault-anon", "fault-file", "mmap", "app-gzip", "app-sqlite", "app-loops"]
INJECTED = ["exc_und", "exc_svc", "exc_pabt", "exc_dabt", "exc_irq", "exc_fiq"]
TLBI = ["tlbi_all", "tlbi_asid", "tlbi_mva", "tlbi_mvaa"]
RETURNS = ["emul_eret", "fast_eret"]


def total(counts, names):
    return sum(counts.get(n, 0) for n in names)


def events(counts):
    """(native, umbra): what happens besides instructions, per operation."""
    native = {"exceptions": total(counts, INJECTED), "tlbi": total(counts, TLBI), "cp15": 0, "entries": 0}
    crossings = total(counts, INJECTED) + total(counts, RETURNS)
    umbra = {"exceptions": counts.get("exit_total", 0), "tlbi": total(counts, TLBI),
             "cp15": crossings + 3 * counts.get("space_switch", 0),
             "entries": counts.get("shadow_fill", 0) + counts.get("shadow_drop", 0)}
    return native, umbra


def cycles(instructions, event, core, which=0):
    """'which': 0 the likely value, 1 the low, 2 the high end of every constant."""
    c = {name: values[which] for name, values in CORES[core].items()}
    return (instructions * c["cpi"] + event["exceptions"] * (2 * c["flush"] + c["misses"] * c["walk"]) +
            event["cp15"] * c["flush"] + event["tlbi"] * (c["flush"] + c["refill"] * c["walk"]) +
            event["entries"] * c["clean"])


def estimate(native_instructions, umbra_instructions, counts, core):
    """(native cycles, umbra cycles, ratio, lowest ratio, highest ratio)"""
    native, umbra = events(counts)
    pairs = [(cycles(native_instructions, native, core, which), cycles(umbra_instructions, umbra, core, which))
             for which in (0, 1, 2)]
    ratios = [u / n for n, u in pairs]
    return pairs[0][0], pairs[0][1], ratios[0], min(ratios), max(ratios)


def table(cells, config="tlb", board="cubieboard"):
    """[(core, operation, native cycles, umbra cycles, ratio, low, high)] from a report's cells."""
    import targets
    native, umbra = (targets.merged(cells, c, board) for c in ("native", config))
    rows = []
    for core in CORES:
        for op in OPERATIONS:
            n, u = targets.cost(native, op), targets.cost(umbra, op)
            names = umbra["ops"].get(op, {}).get("counts")
            if n is None or u is None or names is None or n <= 0:
                continue
            counts = {name: targets.count(umbra, op, name) for name in names}
            rows.append((core, op) + estimate(n, u, counts, core))
    return rows


def main(argv):
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    name = argv[1] if len(argv) > 1 else os.path.join(root, "build", "bench", "report", "results.json")
    try:
        with open(name) as f:
            cells = json.load(f)["cells"]
    except (OSError, ValueError, KeyError) as error:
        print("model: cannot read %s (%s); 'umbra bench' writes it" % (name, error), file=sys.stderr)
        return 1
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    print("%-10s %-12s %14s %14s %7s %15s" % ("", "operation", "native cycles", "umbra cycles", "ratio", "range"))
    for core, op, n, u, ratio, low, high in table(cells, *argv[2:4]):
        print("%-10s %-12s %14.0f %14.0f %7.2f %7.2f-%.2f" % (core, op, n, u, ratio, low, high))
    for core, constants in CORES.items():
        for constant, (value, low, high, source) in constants.items():
            print("%s %s = %g (%g to %g): %s" % (core, constant, value, low, high, source))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

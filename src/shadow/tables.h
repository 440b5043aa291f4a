#pragma once
/*
 * Guest pages with translation tables that shadows were made from, for the policies that watch
 * writes to them (trap, oos).
 *
 * A page is watched (no shadow maps it writable), or out of sync: then the guest writes
 * it freely, and TLB maintenance compares what the shadows have from it with what is there
 * now.  What comes from watched tables alone is always exactly what a walk would give.
 */
#include "shadow/shadow.h"

struct origin;

struct guest_page {
    uint32_t page;          /* guest physical */
    struct guest_page *next; /* of the same hash, or free */
    struct origin *made;    /* the shadow tables made from second-level tables in it */
    uint16_t l1_users;      /* spaces that were walked by a first-level table in it */
    uint8_t writes;         /* trapped that changed no shadow, since one last did or was filled from it */
    bool oos;
    bool used;
};

#define ORIGIN_SHARED 0xffff  /* owner: in global_l1, for all spaces */
#define ORIGIN_CODE 1u      /* translations of the code at the address - code_offset */
#define ORIGIN_AFE 2u       /* SCTLR bits under which it was filled */
#define ORIGIN_EE 4u
#define ORIGIN_ROM 8u        /* a second-level table in ROM, which cannot change while it is mapped */
#define ORIGIN_HOW (ORIGIN_AFE | ORIGIN_EE)

/* Where the entries of one shadow second-level table come from. */
struct origin {
    struct origin *next;    /* of the same guest page, or free */
    uint32_t *l2;
    uint32_t l1_desc;       /* the guest's first-level descriptor: a table, or a section in pages */
    uint16_t owner;         /* 2 * space + mode, or ORIGIN_SHARED */
    uint16_t mib : 12;      /* where it is mapped */
    uint16_t flags : 4;
};

void tables_init(const struct shadow *s);
struct guest_page *tables_find(uint32_t page);
/* Must the page not be mapped writable? */
bool tables_guarded(const struct shadow *s, gpa_t page);

/* Watches what the walk w of va in the current space read, before shadows are filled from it, and
 * drops there what came from other tables.  False: no room to keep track. */
bool tables_track(struct shadow *s, gva_t va, const struct walk_result *w);
/* Shadow tables at shadow_va (va, or where translations of its code are) were filled from w. */
void tables_filled(struct shadow *s, uint32_t shadow_va, const struct walk_result *w, bool code);
void tables_forget_origin(uint16_t origin);
void tables_space_freed(struct shadow *s, const struct space *sp);

/* A write to the page was trapped; counts.  NULL: it is not watched. */
struct guest_page *tables_trapped(struct shadow *s, gpa_t page);
/* Lets the guest write the page.  Other spaces lose what they have from it: TLB maintenance while they were
 * not current may have covered it, and left it only because it was exact. */
void tables_desync(struct shadow *s, struct guest_page *p);
/* Drops all that was made from the page and stops watching it; false: it is in use by the current space. */
bool tables_release(struct shadow *s, struct guest_page *p);
/* 'size' bytes at addr were written: what was made from them is dropped or updated. */
void tables_written(struct shadow *s, gpa_t addr, unsigned size);
/* TLB maintenance, when everything watched is exact. */
void tables_tlb_op(struct shadow *s, enum tlb_op op, uint32_t arg);

/* --- between tables.c and sync.c --- */

#define TABLES_OOS_MAX 64
extern struct guest_page *tables_oos[TABLES_OOS_MAX];
extern unsigned tables_oos_count;

struct origin *tables_origin(const uint32_t *l2);
/* What the guest's first-level table of a space says about the MiB; 0 without one. */
uint32_t tables_l1_desc(struct shadow *s, const struct walk_regs *regs, uint32_t mib);
void tables_space_regs(const struct shadow *s, const struct space *sp, struct walk_regs *regs);
/* Was the space walked by a first-level table in the page? */
bool tables_space_uses(const struct shadow *s, unsigned space, uint32_t page);
/* Is first-level entry 'mib' of the space in the page? */
bool tables_l1_in_page(const struct walk_regs *regs, uint32_t mib, uint32_t page);
uint8_t tables_origin_flags(const struct walk_regs *regs);
/* The page's tables are watched again. */
void tables_watch(struct shadow *s, struct guest_page *p);

/* sync.c: compares with what the guest's tables say now, and drops what differs */
void sync_mib(struct shadow *s, struct space *sp, const struct walk_regs *regs, uint32_t mib);
enum sync_how { SYNC_COMPARE, SYNC_FILL /* also what is not there */, SYNC_DROP /* whatever the guest's table says */ };
/* Entries first .. first + count - 1. */
void sync_entries(struct shadow *s, struct origin *o, unsigned first, unsigned count, enum sync_how how);
/* The whole page. */
void sync_page(struct shadow *s, struct guest_page *p);

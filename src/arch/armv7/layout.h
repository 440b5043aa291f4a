#pragma once
/*
 * The VMM's window: where umbra lives in every address space, guest views
 * included (privileged access only there).  Shared with assembly and the
 * linker script: constants only.
 *
 *   0xfa000000  image: text, rodata, data, bss          sections
 *   0xfa400000  pool: shadow tables, translations       sections
 *   0xfb000000  state page                              kernel views only, user access
 *   0xfb700000  host devices                            one second-level table
 *   0xfb800000  kmap: slots of 4 KiB onto guest RAM     eight second-level tables
 *   0xfc000000  end
 */
#define VMM_BASE 0xfa000000
#define VMM_IMAGE_MAX 0x00400000
#define VMM_POOL 0xfa400000
#define VMM_POOL_MAX 0x00c00000
/* A rotated immediate, so that translated code makes it in one instruction. */
#define VMM_STATE 0xfb000000
#define VMM_POOL_SIZE 0x00800000 /* of it, what boot takes from the host */
#define VMM_DEV 0xfb700000
#define VMM_KMAP 0xfb800000
#define VMM_KMAP_SIZE 0x00800000
#define VMM_END 0xfc000000

/* The translation of the guest kernel's code at x is entered at x + XLATE_D: a rotated immediate. */
#define XLATE_D 0x36000000

/* Host domains: the guest's 0..14 as they are; 15 is the VMM's window and the
 * translated code, always Client. */
#define HOST_DOMAIN_VMM 15

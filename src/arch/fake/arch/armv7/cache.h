#pragma once
/* The build machine keeps its own caches coherent: nothing to do. */
#include <stdint.h>

static inline uint32_t dcache_line(void) { return 64; }
static inline uint32_t icache_line(void) { return 64; }
static inline void dcache_clean_pou(const void *start, uint32_t size) { (void)start; (void)size; }
static inline void dcache_clean_poc(const void *start, uint32_t size) { (void)start; (void)size; }
static inline void dcache_clean_inval_poc(const void *start, uint32_t size) { (void)start; (void)size; }
static inline void dcache_inval_poc(const void *start, uint32_t size) { (void)start; (void)size; }
static inline void dcache_clean_inval_all(void) {}
static inline void icache_inval_all(void) {}
static inline void icache_sync(const void *start, uint32_t size) { (void)start; (void)size; }
static inline void pte_written(const void *start, uint32_t size) { (void)start; (void)size; }
static inline void tlb_sync(void) {}
static inline void tlb_inval_all(void) {}
static inline void tlb_inval_asid(uint32_t asid) { (void)asid; }
static inline void tlb_inval_mva(uint32_t va, uint32_t asid) { (void)va; (void)asid; }

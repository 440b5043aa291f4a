#pragma once
/* A VM description: the tree compiled from vms/NAME.dts, with what the tool adds. */
#include "umbra.h"

struct vmdesc;

/* Reads a blob, or compiles source with dtc; dies with EXIT_FILE when it is no VM description. */
struct vmdesc *vmdesc_load(const char *path);
uint32_t vmdesc_get_u32(const struct vmdesc *d, const char *property);
void vmdesc_set_u32(struct vmdesc *d, const char *property, uint32_t value);
void vmdesc_set_string(struct vmdesc *d, const char *property, const char *value);
/* 'args' replaces the command line; "+more" adds to it. */
/* Sets a property to the strings between the commas. */
void vmdesc_set_list(struct vmdesc *d, const char *property, const char *list);
void vmdesc_set_bootargs(struct vmdesc *d, const char *args);
struct blob vmdesc_pack(struct vmdesc *d);

/* Dies with EXIT_FILE unless 'tree' is a whole, well-formed device tree blob. */
void check_tree(const char *path, const struct blob *tree);

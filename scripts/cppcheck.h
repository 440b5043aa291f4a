/* libfdt's loops, for cppcheck, which does not read system headers. */
#define fdt_for_each_subnode(node, fdt, parent) for (node = 0; node < 1; node++)
#define fdt_for_each_property_offset(property, fdt, node) for (property = 0; property < 1; property++)

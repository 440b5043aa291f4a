/* A call into umbra's window, by the kernel. */
#include "window.h"

void test_main(void)
{
    window_map();
    probe_exec(WINDOW);
    print("window: called\n");
}

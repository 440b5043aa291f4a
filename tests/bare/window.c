/* A store to umbra's window. */
#include "window.h"

void test_main(void)
{
    window_map();
    write32(WINDOW, 1);
    print("window: written\n");
}

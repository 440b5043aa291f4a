/* A call into umbra's window, in User mode. */
#include "window.h"

void test_main(void)
{
    window_map();
    probe_user_exec(WINDOW);
    print("window: called\n");
}

#pragma once
/* log and panic for unit tests: link support.c where the sources under test use them. */

extern char log_last[512]; /* the last message, without prefix */
extern unsigned log_count; /* messages so far */

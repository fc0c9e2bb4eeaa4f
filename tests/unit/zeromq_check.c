/* zeromq_check.c - ZeroMQ with CURVE on this host, again and again */
#include "jobs/control/zeromq_check.h"
#include "tests/support/test.h"

/* Each leaves nothing behind that the next would meet. */
static void again_and_again(void)
{
    for (int i = 0; i < 3; i++) {
        dn_error err = DN_ERROR_INIT;
        double us = -1;

        CU_ASSERT_EQUAL(dn_zeromq_check(&us, &err), DN_OK);
        CU_ASSERT_STRING_EQUAL(err.text, "");
        CU_ASSERT(us > 0 && us < 1e6);
    }
}

static const dn_test tests[] = {{"again and again", again_and_again}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "zeromq_check", tests);
}

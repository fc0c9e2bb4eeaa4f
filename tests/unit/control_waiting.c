/* control_waiting.c - tests of jobs/control: who waits for a checkpoint is told of it, though others are cut,
 * though it asks again, though there is more to tell than there is room for
 */
#include "tests/support/control.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tests/support/test.h"

static const char checkpoint[] = "{\"protocol\":1,\"id\":\"k\",\"command\":\"checkpoint\"}";

static bool is_pending(zsock_t *s)
{
    dn_json *a = test_control_ask(s, checkpoint, sizeof checkpoint - 1, TEST_PATIENCE);
    bool pending = dn_json_to_bool(dn_json_get(a, "pending"));

    dn_json_destroy(&a);
    return pending;
}

/* The next answer tells of this checkpoint. */
static bool tells(dn_json *a, const char *path)
{
    const char *got = dn_json_to_string(dn_json_get(dn_json_get(a, "result"), "path"));
    bool right = got != NULL && strcmp(got, path) == 0;

    dn_json_destroy(&a);
    return right;
}

static void who_waits_is_answered_though_others_are_cut(void)
{
    test_control t;
    char key[41], certificate[600];
    zsock_t *own, *hearing, *other;
    int64_t begin;

    if (!test_control_begin(&t, "others"))
        return;
    snprintf(certificate, sizeof certificate, "%s", test_control_new_key("other", key));
    test_control_allow(&t, "other", key, 0644);
    own = test_control_call(&t, TEST_OWN_KEY);
    hearing = test_control_listen(&t, NULL);
    other = test_control_listen(&t, certificate);
    CU_ASSERT(is_pending(own) && test_control_hears(hearing, TEST_PATIENCE) &&
              test_control_hears(other, TEST_PATIENCE));
    CU_ASSERT_EQUAL(unlink(test_control_path(&t, "allowed/other.pub")), 0);
    begin = zclock_mono();
    while (test_control_hears(other, 1500) && zclock_mono() - begin < TEST_PATIENCE)
        ;
    CU_ASSERT(!test_control_hears(other, 0) &&
              test_control_hears(hearing, TEST_PATIENCE)); /* it is cut, the other is not */
    dn_control_checkpoint(t.c, "now.h5", 0.5, "a command");
    CU_ASSERT(tells(test_control_answer(own, TEST_PATIENCE), "now.h5"));
    zsock_destroy(&own);
    zsock_destroy(&hearing);
    zsock_destroy(&other);
    test_control_end(&t, 0);
}

static void who_asks_again_takes_its_place(void)
{
    test_control t;
    zsock_t *s = NULL;

    if (!test_control_begin(&t, "again"))
        return;
    for (int i = 0; i < 20; i++) { /* more often than there are places */
        zsock_destroy(&s);
        zclock_sleep(30);
        s = test_control_call(&t, TEST_OWN_KEY);
        CU_ASSERT(is_pending(s));
    }
    dn_control_checkpoint(t.c, "first.h5", 0.5, "a command");
    CU_ASSERT(tells(test_control_answer(s, TEST_PATIENCE), "first.h5"));
    zsock_destroy(&s);
    s = test_control_call(&t, TEST_OWN_KEY); /* the answer was lost on the way */
    CU_ASSERT(tells(test_control_ask(s, checkpoint, sizeof checkpoint - 1, TEST_PATIENCE), "first.h5"));
    CU_ASSERT(is_pending(s)); /* on the same connection it is another question */
    zsock_destroy(&s);
    test_control_end(&t, 0);
}

static void a_full_ring_loses_no_checkpoint(void)
{
    test_control t;
    zsock_t *s;

    if (!test_control_begin(&t, "ring"))
        return;
    s = test_control_call(&t, TEST_OWN_KEY);
    CU_ASSERT(is_pending(s));
    for (int i = 0; i < 20000; i++) {
        dn_control_event(t.c, "d1.epoch", "{}");
        if (i == 10000)
            dn_control_checkpoint(t.c, "one.h5", 0.5, "a command");
    }
    CU_ASSERT(tells(test_control_answer(s, TEST_PATIENCE), "one.h5"));
    dn_control_event(NULL, "d1.epoch", NULL); /* a control that does not exist takes anything */
    zsock_destroy(&s);
    test_control_end(&t, 0);
}

static const dn_test tests[] = {
    {"who waits is answered though others are cut", who_waits_is_answered_though_others_are_cut},
    {"who asks again takes its place", who_asks_again_takes_its_place},
    {"a full ring loses no checkpoint", a_full_ring_loses_no_checkpoint},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "control_waiting", tests);
}

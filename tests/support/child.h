/* child.h - a test's own program once more, as a process that says when it is ready. Local.
 *
 *     program = argv[0];
 *     if (argc == 3 && strcmp(argv[1], "hold") == 0)
 *         return hold(argv[2]);           does its part, calls test_child_ready(), goes on until it is killed
 *     return test_main(argc, argv, ...);  calls test_child_start(program, "hold", path)
 */
#ifndef DN_TEST_SUPPORT_CHILD_H
#define DN_TEST_SUPPORT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Start `program verb about` and wait until it is ready; a failed assertion where it ends before. -1: there
 * is no process. */
pid_t test_child_start(const char *program, const char *verb, const char *about);

/* In the child. False: nobody hears it. */
bool test_child_ready(void);

/* With SIGKILL, until it is gone; -1 is nobody. */
void test_child_kill(pid_t pid);

#endif

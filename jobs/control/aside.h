/* aside.h - threads that must not take time from a step
 *
 * A rank has a core and waits for the others; what runs on it besides makes all wait.
 */
#ifndef DN_CONTROL_ASIDE_H
#define DN_CONTROL_ASIDE_H

/* The calling thread, and those that it starts from now on, run on any core that the job has, at the lowest
 * priority (nice 19). name: up to 15 characters, for ps and top. What the system refuses stays as it is.
 * Local. */
void dn_step_aside(const char *name);

#endif

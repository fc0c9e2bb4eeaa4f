/* zeromq_check.h - does ZeroMQ with CURVE work on this host: one round of what a control plane needs */
#ifndef DN_CONTROL_ZEROMQ_CHECK_H
#define DN_CONTROL_ZEROMQ_CHECK_H

#include "solvers/base/error.h"

/* A server with keys of its own on 127.0.0.1, at a port that the system chooses. A client that has the
 * server's key gets every question answered; one without keys is not heard. Takes a third of a second.
 *
 *   out_us  from question to answer, the median, microseconds
 *
 * Local. Fails: DN_EUNAVAILABLE libzmq has no CURVE, no port, no answer (the text says which); DN_ECONFIG the
 * client without keys was heard */
DN_MUST_CHECK dn_status dn_zeromq_check(double *out_us, dn_error *err);

#endif

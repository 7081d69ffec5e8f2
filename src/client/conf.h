/*
 * Options from elsewhere than the command line: the environment (CHAT_NICK for
 * --nick) and the configuration file, over the same table. The command line
 * goes over the environment, that over the file, that over the defaults; what
 * may be given again is taken from one of them only. Also where files of ours
 * are, by the XDG Base Directory Specification 0.8.
 *
 * The file has lines `name value` or `name = value`; a flag's value may be
 * left out. The value goes to the end of the line, without the white space
 * around it. Lines that are empty or begin with # are comments.
 */
#ifndef CHAT_CLIENT_CONF_H
#define CHAT_CLIENT_CONF_H

#include "base/buf.h"
#include "base/opt.h"

enum { CONF_SIZE_MAX = 1 << 20 }; /* bytes of the file */

struct conf {
	char *text; /* of the file: options point into it */
};

/* $XDG_CONFIG_HOME/chat or ~/.config/chat; free() it. NULL: there is no home
 * directory. */
char *
conf_dir(void);

/* $XDG_STATE_HOME/chat or ~/.local/state/chat; free() it. NULL as above. */
char *
conf_state_dir(void);

/*
 * opt_parse, with the environment and the file `config` of conf_dir beneath
 * it. Options that are not in table but in other (NULL: none) are another
 * command's: nothing is said about them. With --help nothing but argv is
 * looked at. Returns the index of the first argument that is no option,
 * -EINVAL for an error in argv, -EBADMSG for one elsewhere (EX_CONFIG), both
 * with one line in err. The targets are good until conf_deinit.
 */
int
conf_parse(struct conf *c, const struct opt *table, const struct opt *other,
    int argc, char **argv, struct buf *err);

void
conf_deinit(struct conf *c);

#endif

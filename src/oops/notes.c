/* SPDX-License-Identifier: Apache-2.0 */
#include "oops/notes.h"

/* Programs whose loss is the fuzzer's trouble, in parentheses or quotes as the killer prints them.
 */
#define OURS "\\((?:syz-execut|sshd)"
#define KILL "Kill(?:ed)? process [0-9]+"

const OopsNoteRule note_rules[] = {
    {"Kernel panic - not syncing", NULL, NOTE_PANICKED},
    {"serialport: VM disconnected.", NULL, NOTE_LOST},
    {"failed to start executor", "panic: (?:executor failed: )?failed to start", NOTE_SUPPRESSED},
    {"pthread_create failed", "panic: (?:executor failed: )?pthread_create", NOTE_SUPPRESSED},
    {"failed to create temp dir", "panic: (?:executor failed: )?failed to cre", NOTE_SUPPRESSED},
    {"unexpected signal during runtime execution", NULL, NOTE_SUPPRESSED},
    {"SIGBUS: bus error", NULL, NOTE_SUPPRESSED},
    {"unexpected fault address", NULL, NOTE_SUPPRESSED},
    {"lowmemorykiller: Killing '", "lowmemorykiller: Killing '(?:syz-|sshd)", NOTE_SUPPRESSED},
    {"ut of memory: Kill", "(?:[Oo]ut|Memory cgroup out) of memory: " KILL " " OURS,
     NOTE_SUPPRESSED},
    {"Killed process ", "Killed process [0-9]+(?: |:.*)" OURS, NOTE_SUPPRESSED},
    {"INIT: PANIC: segmentation violation!", NULL, NOTE_SUPPRESSED},
    {"*** stack smashing detected ***: terminated", NULL, NOTE_SUPPRESSED},
    {"runtime: out of memory", NULL, NOTE_SUPPRESSED},
    {"cannot allocate memory", NULL, NOTE_SUPPRESSED},
    {"fatal error: newosproc", NULL, NOTE_SUPPRESSED},
};

const gsize n_note_rules = G_N_ELEMENTS(note_rules);

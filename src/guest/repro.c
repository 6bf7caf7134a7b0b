/* SPDX-License-Identifier: Apache-2.0
 * The reproducer, from the user's file to something that runs in the guest.
 */
#include "guest/guest.h"

#include <elf.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "guest/program.h"
#include "guest/syz.h"
#include "process/process.h"

#define COMPILE_TIMEOUT_MS 120000
/* How much slower emulation is, as syzkaller itself takes it (pkg/mgrconfig). */
#define SYZ_EMULATED_SLOWDOWN 10
/* A guest has a few hundred MiB for everything. */
#define REPRO_MAX_BYTES (128 << 20)

void repro_free(Repro *repro)
{
    if (!repro) {
        return;
    }
    g_free(repro->path);
    g_free(repro->sha256);
    g_free(repro->execprog);
    g_free(repro->executor);
    g_strfreev(repro->command);
    g_clear_pointer(&repro->notes, g_ptr_array_unref);
    g_free(repro);
}

static gboolean fail(GError **error, const char *path, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean fail(GError **error, const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "reproducer %s: %s", path, what);
    return FALSE;
}

/* The first line of @text in which the linker (whose last line is an "error:" without content), the
 * compiler or the assembler complains, else the first one. */
static char *first_complaint(const char *text)
{
    static const char *const complaints[] = {
        "undefined reference", "cannot find", "error:", "Error: ", "cc1: ", "ld: "};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; i < G_N_ELEMENTS(complaints); i++) {
        for (char **line = lines; *line; line++) {
            if (strstr(*line, complaints[i])) {
                return g_strdup(*line);
            }
        }
    }
    return g_strdup(lines[0] ? lines[0] : "");
}

/* The source comes over stdin, so that it finds no file beside it: a job keeps this one alone. It
 * is somebody else's, and may ask the compiler for any file that we can read (#include, .incbin),
 * so the compiler is boxed in where that is possible. On failure @target may be there in part. */
static gboolean compile(const char *path, const char *source, gsize n_source, const char *compiler,
                        const char *target, GError **error)
{
    const char *argv[] = {compiler, "-O1", "-w", "-static", "-pthread", "-o",
                          target,   "-x",  "c",  "-",       NULL};
    const char *env[] = {"LC_ALL=C", NULL};
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *work_dir = g_path_get_dirname(target);
    g_autofree char *program = g_find_program_in_path(compiler);
    g_autofree char *installed = sandbox_install_folder(compiler);
    const char *readable[] = {installed, NULL};
    const char *writable[] = {work_dir, NULL};
    g_autoptr(Sandbox) sandbox = sandbox_new();
    g_auto(GStrv) boxed = sandbox_wrap(sandbox, argv, work_dir, readable, writable);
    ProcessSpec spec = {.argv = (const char *const *)boxed,
                        .env = env,
                        .cwd = work_dir,
                        .input = source,
                        .n_input = n_source,
                        .timeout_ms = COMPILE_TIMEOUT_MS};
    g_autoptr(ProcessResult) result = NULL;
    GStatBuf status;

    /* In the box this would look like source that does not compile. */
    if (!program) {
        return fail(error, path, "is C source, and there is no compiler %s", compiler);
    }
    if (!process_run(&spec, &result, error)) {
        g_prefix_error(error, "compiling the reproducer %s: ", path);
        return FALSE;
    }
    /* A linker that finds no room complains of much else. */
    if (process_lacked_room(result, work_dir)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                    "compiling the reproducer %s: no space is left in %s", path, work_dir);
        return FALSE;
    }
    if (!process_succeeded(result)) {
        g_autoptr(GString) said = g_string_new(result->err);
        g_string_replace(said, "<stdin>", name, 0);
        g_autofree char *complaint = first_complaint(said->str);
        g_autofree char *how = process_describe(result);

        return fail(error, path, "does not compile: %s", *complaint ? complaint : how);
    }
    if (g_stat(target, &status) == 0 && status.st_size > REPRO_MAX_BYTES) {
        return fail(error, path, "is larger than 128 MiB when it is compiled");
    }
    return TRUE;
}

/* The last part of the "#!" line's program: "bash" of "#!/usr/bin/env bash -e". Owned by the
 * caller. */
static char *interpreter_of(const char *script, gsize n_script)
{
    const char *end = memchr(script, '\n', n_script);
    g_autofree char *line = g_strndup(script + 2, (end ? (gsize)(end - script) : n_script) - 2);
    g_auto(GStrv) words = g_strsplit_set(g_strstrip(line), " \t", -1);
    const char *program = words[0] ? words[0] : "";
    g_autofree char *name = g_path_get_basename(program);

    return g_str_equal(name, "env") && words[1] ? g_path_get_basename(words[1])
                                                : g_steal_pointer(&name);
}

/* Are these the first bytes of a program or a script? */
static gboolean is_elf(const char *bytes, gsize n_bytes)
{
    return n_bytes >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0;
}

static gboolean is_script(const char *bytes, gsize n_bytes)
{
    return n_bytes >= 2 && memcmp(bytes, "#!", 2) == 0;
}

/* What runs in a guest that has no more than this file. */
static gboolean check_alone(const char *path, const char *bytes, gsize n_bytes, GError **error)
{
    if (is_elf(bytes, n_bytes)) {
        const char *complaint = program_complaint(bytes, n_bytes);

        return !complaint ||
               fail(error, path,
                    "%s; link it with -static, give its C source, or a --rootfs that has what it "
                    "needs",
                    complaint);
    }
    if (is_script(bytes, n_bytes)) {
        g_autofree char *interpreter = interpreter_of(bytes, n_bytes);

        return g_str_has_suffix(interpreter, "sh") ||
               fail(error, path,
                    "is a script for '%s', and the guest has only the shell of busybox; give a "
                    "--rootfs that has it",
                    interpreter);
    }
    return TRUE;
}

static gboolean kind_of(const char *path, const char *bytes, gsize n_bytes, ReproKind *ret_kind,
                        GError **error)
{
    if (g_str_has_suffix(path, ".c")) {
        *ret_kind = REPRO_C;
    } else if (repro_is_syz(path)) {
        *ret_kind = REPRO_SYZ;
    } else if (is_elf(bytes, n_bytes)) {
        *ret_kind = REPRO_BINARY;
    } else if (is_script(bytes, n_bytes)) {
        *ret_kind = REPRO_SCRIPT;
    } else {
        return fail(error, path,
                    "is neither C source (its name ends in .c) nor a program of syzkaller's (.syz, "
                    ".prog) nor an ELF program nor a script (its first bytes are #!)");
    }
    return TRUE;
}

gboolean repro_is_syz(const char *path)
{
    return g_str_has_suffix(path, ".syz") || g_str_has_suffix(path, ".prog");
}

/* A program of syzkaller's own, for a guest. Its bytes are owned by the caller; NULL: @error. */
static GMappedFile *open_tool(const char *path, const char *option, const ReproOptions *options,
                              GError **error)
{
    g_autoptr(GMappedFile) file = path ? g_mapped_file_new(path, FALSE, error) : NULL;
    const char *complaint =
        file ? program_complaint(g_mapped_file_get_contents(file), g_mapped_file_get_length(file))
             : NULL;

    if (!path) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s is missing: a program of syzkaller's is run by its syz-execprog and "
                    "syz-executor: give both, or --syzkaller with a checkout to build them from",
                    option);
        return NULL;
    }
    if (!file) {
        g_prefix_error(error, "%s: ", option);
        return NULL;
    }
    if (complaint && !options->has_rootfs) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s %s", option, path,
                    complaint);
        return NULL;
    }
    return g_steal_pointer(&file);
}

/* The options of the program @text: its own, or those of the file beside it. */
static SyzOptions *read_options(const char *text, gsize n_text, const ReproOptions *options,
                                GError **error)
{
    g_autofree char *other = NULL;
    gsize n_other;
    SyzOptions *parsed;

    if (options->syz_options &&
        !g_file_get_contents(options->syz_options, &other, &n_other, error)) {
        g_prefix_error(error, "--repro-opts: ");
        return NULL;
    }
    parsed = other ? syz_options_parse(other, n_other) : syz_options_parse(text, n_text);
    if (other && !parsed->found) {
        fail(error, options->syz_options, "has no options of syzkaller's");
        g_clear_pointer(&parsed, syz_options_free);
    }
    return parsed;
}

/* What runs the program @text, and how. *ret_text: the program as that wants it. */
static gboolean prepare_syz(Repro *repro, const char *path, const char *text, gsize n_text,
                            const ReproOptions *options, char **ret_text, GError **error)
{
    g_autoptr(GMappedFile) execprog =
        open_tool(options->syz_execprog, "--syz-execprog", options, error);
    g_autoptr(GMappedFile) executor =
        execprog ? open_tool(options->syz_executor, "--syz-executor", options, error) : NULL;
    g_autoptr(SyzOptions) parsed = executor ? read_options(text, n_text, options, error) : NULL;
    SyzExecprog can;

    if (!parsed) {
        return FALSE;
    }
    if (!syz_is_program(text)) {
        return fail(error, path, "has no call of a program of syzkaller's");
    }
    if (!syz_execprog_read(g_mapped_file_get_contents(execprog), g_mapped_file_get_length(execprog),
                           &can)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "--syz-execprog: %s is no syz-execprog", options->syz_execprog);
        return FALSE;
    }
    if (!parsed->found) {
        g_ptr_array_add(repro->notes,
                        g_strdup("the program has no options line: it is run as syzbot does by "
                                 "default, threaded and repeated by 6 processes"));
    }
    repro->execprog = g_strdup(options->syz_execprog);
    repro->executor = g_strdup(options->syz_executor);
    repro->command = syz_command(parsed, &can, options->emulated ? SYZ_EMULATED_SLOWDOWN : 1,
                                 REPRO_EXECPROG, REPRO_EXECUTOR, "/repro", repro->notes);
    *ret_text = syz_program_for(parsed, &can, text);
    return TRUE;
}

/* Where the program @path, compiled from @source, begins to do what the user wrote: in main(),
 * unless the source has words by which something may run before it. 0: not known. */
static guint64 beginning_of(const char *path, const char *source)
{
    static const char *const early[] = {"constructor", "ifunc", ".init", "init_array"};
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);

    for (guint i = 0; i < G_N_ELEMENTS(early); i++) {
        if (strstr(source, early[i])) {
            return 0;
        }
    }
    return file ? program_main(g_mapped_file_get_contents(file), g_mapped_file_get_length(file))
                : 0;
}

Repro *repro_prepare(const char *path, const ReproOptions *options, const char *work_dir,
                     GError **error)
{
    g_autoptr(Repro) repro = g_new0(Repro, 1);
    g_autofree char *bytes = NULL, *temporary = NULL, *program = NULL;
    gsize n_bytes;

    if (!g_file_get_contents(path, &bytes, &n_bytes, error)) {
        g_prefix_error(error, "reproducer: ");
        return NULL;
    }
    if (n_bytes == 0 || n_bytes > REPRO_MAX_BYTES) {
        fail(error, path, n_bytes ? "is larger than 128 MiB" : "is empty");
        return NULL;
    }
    if (!kind_of(path, bytes, n_bytes, &repro->kind, error) ||
        (!options->has_rootfs && !check_alone(path, bytes, n_bytes, error))) {
        return NULL;
    }
    repro->notes = g_ptr_array_new_with_free_func(g_free);
    if (repro->kind == REPRO_SYZ &&
        !prepare_syz(repro, path, bytes, n_bytes, options, &program, error)) {
        return NULL;
    }
    repro->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)bytes, n_bytes);
    repro->path = g_build_filename(work_dir, "repro", NULL);
    temporary = g_strconcat(repro->path, ".new", NULL);
    if (repro->kind != REPRO_C) {
        if (!g_file_set_contents_full(repro->path, program ? program : bytes,
                                      program ? -1 : (gssize)n_bytes,
                                      G_FILE_SET_CONTENTS_CONSISTENT, 0755, error)) {
            g_prefix_error(error, "reproducer: ");
            return NULL;
        }
    } else if (!compile(path, bytes, n_bytes, options->compiler, temporary, error)) {
        g_unlink(temporary);
        return NULL;
    } else if (g_rename(temporary, repro->path)) {
        fail(error, path, "renaming %s: %s", temporary, g_strerror(errno));
        return NULL;
    } else {
        repro->hold_at = beginning_of(repro->path, bytes);
    }
    return g_steal_pointer(&repro);
}

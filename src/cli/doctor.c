/* SPDX-License-Identifier: Apache-2.0
 * firstbad doctor: what this machine can do, and what to install.
 */
#include "cli/cli.h"

#include <string.h>

#include "process/process.h"

/* First line with text of `PROGRAM --version`, or NULL. */
static char *version_of(const char *path)
{
    const char *argv[] = {path, "--version", NULL};
    ProcessSpec spec = {.argv = argv, .timeout_ms = 5000};
    g_autoptr(ProcessResult) result = NULL;

    if (!process_run(&spec, &result, NULL) || !process_succeeded(result)) {
        return NULL;
    }
    g_strstrip(result->out);
    return g_strndup(result->out, strcspn(result->out, "\n"));
}

/* Print a line for each program; the packages that are missing are added to @packages. TRUE when
 * all required ones are there. */
static gboolean print_tools(GPtrArray *packages)
{
    gboolean complete = TRUE;

    for (const Tool *tool = job_tools(); tool->program; tool++) {
        gboolean is_file = g_path_is_absolute(tool->program);
        g_autofree char *path = job_find_tool(tool);
        g_autofree char *version = path && !is_file ? version_of(path) : NULL;
        g_autofree char *name =
            is_file ? g_path_get_basename(tool->program) : g_strdup(tool->program);

        if (path) {
            g_print("  ok       %-19s %.48s\n", name, version ? version : path);
            continue;
        }
        g_print("  %s  %-19s %s\n", tool->required ? "MISSING" : "missing", name, tool->purpose);
        g_ptr_array_add(packages, (gpointer)tool->package);
        complete = complete && !tool->required;
    }
    return complete;
}

/* "12 11 (9)": the compilers of @row's family that are there and suit it. NULL when none does. */
static char *describe_suited(const Toolchains *toolchains, const ToolchainRow *row)
{
    g_autoptr(GPtrArray) suited = toolchains_suited(toolchains, row);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < suited->len; i++) {
        const Toolchain *toolchain = suited->pdata[i];
        gboolean wanted = toolchain_row_fit(row, toolchain->version) == FIT_WANTED;

        g_string_append_printf(text, wanted ? "%s%u" : "%s(%u)", i ? " " : "",
                               version_major(toolchain->version));
    }
    return suited->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* A clang whose LLVM is not all there makes other kernels than one with LLVM=1. */
static void print_incomplete_llvm(const Toolchains *toolchains)
{
    for (guint i = 0; i < toolchains->installed->len; i++) {
        const Toolchain *toolchain = toolchains->installed->pdata[i];
        guint major = version_major(toolchain->version);

        if (toolchain->family == FAMILY_CLANG && !toolchain->llvm_dir) {
            g_print("  clang %u works with GNU ld only; for LLVM=1 install lld-%u llvm-%u\n", major,
                    major, major);
        }
    }
}

/* Which compilers build which kernels here; what there is no compiler for. */
static void print_compilers(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Toolchains) toolchains = toolchains_new("auto", NULL, NULL, NULL, &error);
    const GPtrArray *rows = toolchains ? toolchains_rows(toolchains) : NULL;

    if (!rows) {
        g_print("  compilers: %s\n", error->message);
        return;
    }
    g_print("\nCompilers for kernels, best first; in parentheses those that will do:\n");
    for (guint i = 0; i < rows->len; i++) {
        const ToolchainRow *row = rows->pdata[i];
        const char *family = compiler_family_name(row->family);
        g_autofree char *suited = describe_suited(toolchains, row);

        if (!row->n_wanted) {
            g_print("  %-14s %-6s none is known to build them\n", row->name, family);
        } else if (suited) {
            g_print("  %-14s %-6s %s\n", row->name, family, suited);
        } else {
            /* Not "install": Debian has no longer what the oldest kernels want. */
            g_print("  %-14s %-6s none here: %s-%u is wanted\n", row->name, family, family,
                    row->wanted[0]);
        }
    }
    print_incomplete_llvm(toolchains);
}

static void print_machine(const char *state_dir)
{
    g_autofree char *folder = g_strdup(state_dir);
    g_autoptr(GFileInfo) info = NULL;
    g_autoptr(GFile) file = NULL;

    g_print("  cores:    %u\n", g_get_num_processors());
    g_print("  memory:   %.1f GiB free\n", (double)local_farm_free_memory_mib() / 1024);
    while (!g_file_test(folder, G_FILE_TEST_EXISTS)) {
        char *parent = g_path_get_dirname(folder);

        g_free(folder);
        folder = parent;
    }
    file = g_file_new_for_path(folder);
    info = g_file_query_filesystem_info(file, G_FILE_ATTRIBUTE_FILESYSTEM_FREE, NULL, NULL);
    if (info) {
        g_print("  disk:     %.1f GiB free for %s\n",
                g_file_info_get_attribute_uint64(info, G_FILE_ATTRIBUTE_FILESYSTEM_FREE) /
                    1073741824.0,
                state_dir);
    }
}

/* Could a job be kept in @state_dir? Only what is wrong is told. */
static gboolean print_state_folder(const char *state_dir)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *clean = NULL;

    if (store_is_usable(state_dir, &error)) {
        return TRUE;
    }
    clean = report_clean(error->message);
    g_print("  UNUSABLE  the state folder: %s\n", clean);
    return FALSE;
}

/* Go back to the copy of a damaged store. */
static int restore(const char *state_dir, const char *named_state_dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) lines = store_restore(state_dir, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY)) {
        cli_complain_busy(state_dir, named_state_dir, BUSY_WAIT, NULL, error->message);
        return EXIT_MACHINE;
    }
    if (!lines) {
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    g_print("%s\n%s\n", (const char *)lines->pdata[0],
            lines->len > 1 ? "Lost since:" : "Nothing is known to be lost since.");
    for (guint i = 1; i < lines->len; i++) {
        g_autofree char *clean = report_clean(lines->pdata[i]);

        g_print("  %s\n", clean);
    }
    return EXIT_ANSWER;
}

int cmd_doctor(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL, *why = NULL, *qemu = NULL;
    g_autoptr(GPtrArray) packages = g_ptr_array_new();
    gboolean restores = FALSE;
    const GOptionEntry entries[] = {
        CLI_STATE_DIR(&state_option),
        {"restore", 0, 0, G_OPTION_ARG_NONE, &restores, "Go back to the copy of a damaged store",
         NULL},
        {NULL},
    };
    const CommandLine line = {.command = "doctor",
                              .description =
                                  "Exits with 0 when 'firstbad cause' can work here, else with 4.",
                              .entries = entries};
    gboolean able, kvm;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    state_dir = cli_state_dir(state_option);
    if (restores) {
        return restore(state_dir, state_option ? state_dir : NULL);
    }
    g_print("Programs and headers:\n");
    able = print_tools(packages);
    print_compilers();
    g_print("\nThis machine:\n");
    print_machine(state_dir);
    able = print_state_folder(state_dir) && able;
    kvm = guest_kvm_works("qemu-system-x86_64", &why);
    g_print("  KVM:      %s\n", why);
    qemu = g_find_program_in_path("qemu-system-x86_64");
    if (!kvm && qemu) {
        g_print("            guests are emulated (TCG): right, but several times slower\n");
    }
    if (packages->len) {
        g_ptr_array_add(packages, NULL);
        g_autofree char *list = g_strjoinv(" ", (char **)packages->pdata);

        g_print("\nTo install what is missing:\n  apt-get install %s\n", list);
    }
    return able ? EXIT_ANSWER : EXIT_MACHINE;
}

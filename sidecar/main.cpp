// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>

#include "sidecar/commands.hpp"

namespace {

namespace sidecar = outrigger::sidecar;

// CLI11 explains over several lines; a wrong command line gets one.
int refuse(const CLI::ParseError& error, const CLI::App& app, int argc, char** argv) {
    if (error.get_exit_code() == 0) return app.exit(error);   // --help, --version
    if (app.get_subcommands().empty() && argc > 1)
        std::cerr << "outrigger: found '" << argv[1] << "', expected a command: run, check, schema, drain, spool or demo";
    else
        std::cerr << "outrigger: " << error.what();
    std::cerr << "; see outrigger --help\n";
    return sidecar::exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Observability and resilience beside a service: a sidecar proxy", "outrigger"};
    app.set_version_flag("--version", "outrigger " OUTRIGGER_VERSION);
    app.require_subcommand(1);
    int code = EXIT_SUCCESS;

    sidecar::RunCommand run;
    auto* run_command = app.add_subcommand("run", "The sidecar, in front of an app");
    run_command->add_option("-c,--config", run.file, "Settings; flags win over them");
    run_command->add_option("--app", run.flags.app, "The app: a port, or http://host:port");
    run_command->add_option("--listen", run.flags.listen, "Where others call it, 0.0.0.0:8080 by default");
    run_command->add_option("--admin", run.flags.admin, "Probes and metrics, 0.0.0.0:9901 by default");
    run_command->callback([&] { code = sidecar::run(run); });

    sidecar::CheckCommand check;
    auto* check_command = app.add_subcommand("check", "Validates settings, and prints everything that is wrong");
    check_command->add_option("-c,--config", check.file, "Settings")->required();
    check_command->add_flag("--print", check.print, "Prints the effective settings with every default");
    check_command->callback([&] { code = sidecar::check(check); });

    bool settings_page = false;
    bool reasons_page = false;
    auto* schema_command = app.add_subcommand("schema", "The JSON Schema of the settings");
    schema_command->add_flag("--reference", settings_page, "The settings as a page instead");
    schema_command->add_flag("--reasons", reasons_page, "The reasons as a page instead");
    schema_command->callback([&] {
        code = sidecar::describe(settings_page  ? sidecar::Reference::settings_page
                                 : reasons_page ? sidecar::Reference::reasons_page
                                                : sidecar::Reference::schema);
    });

    sidecar::DrainCommand drain;
    auto* drain_command = app.add_subcommand("drain", "Tells the running sidecar to drain, and waits until it has");
    drain_command->add_option("-c,--config", drain.file, "The running sidecar's settings: its admin address and token");
    drain_command->add_option("--admin", drain.admin, "Its admin address, 0.0.0.0:9901 by default");
    drain_command->add_option("--timeout", drain.timeout, "How long to wait; by default 5s more than drain.timeout");
    drain_command->callback([&] { code = sidecar::drain(drain); });

    using What = sidecar::SpoolCommand::What;
    sidecar::SpoolCommand spool;
    auto* spool_command = app.add_subcommand("spool", "Looks into a log spool");
    spool_command->require_subcommand(1);
    auto* inspect_command = spool_command->add_subcommand("inspect", "What waits, since when, and what became of the rest");
    inspect_command->add_option("DIR", spool.dir, "Its directory; without one, the running sidecar is asked");
    inspect_command->add_flag("--json", spool.json, "As JSON");
    inspect_command->add_option("-c,--config", spool.file, "The running sidecar's settings: its admin address and token");
    inspect_command->add_option("--admin", spool.admin, "Its admin address, 0.0.0.0:9901 by default");
    auto* export_command = spool_command->add_subcommand("export", "Prints the records that wait, one JSON object a line");
    export_command->add_option("DIR", spool.dir, "Its directory")->required();
    export_command->add_flag("--quarantined", spool.quarantined, "Those that receivers refused, each with the reason");
    auto* verify_command = spool_command->add_subcommand("verify", "Reads all of it, and says what is wrong");
    verify_command->add_option("DIR", spool.dir, "Its directory")->required();
    const auto look = [&](What what) {
        spool.what = what;
        code = sidecar::spool(spool);
    };
    inspect_command->callback([&] { look(What::inspect); });
    export_command->callback([&] { look(What::export_records); });
    verify_command->callback([&] { look(What::verify); });

    sidecar::DemoCommand demo;
    auto* demo_command = app.add_subcommand("demo", "A small shop, the sidecar before and behind it, and a gentle load");
    demo_command->add_option("--duration", demo.duration, "How long, such as 20s or 5m; at least 5s")->capture_default_str();
    demo_command->callback([&] { code = sidecar::demo(demo); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return refuse(error, app, argc, argv);
    }
    return code;
}

using System.CommandLine;
using System.Text.RegularExpressions;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Conformance.Gradients;
using VkSparseGrad.Conformance.Performance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Cli.Conformance;

/// <summary><c>vksparsegrad conformance</c>: every kernel of a device against the CPU reference.</summary>
internal sealed class ConformanceCommand
{
    private readonly Option<string> device = SharedOptions.Device();

    private readonly Option<string> op = Options.Text(
        "--op", "Run only the cases whose op and parameters match this regular expression, such as 'Matmul.*k=33'.", "regex", required: false);

    private readonly Option<string> mode = Options.Choice(
        "--mode", "test: every op and whole training steps against the reference; grad: every gradient rule against differences; perf: every op's speed beside the most that the device can do; support: what the device can and which fallbacks it takes; compile: every pipeline that the kernels can ask for, compiled, with the compiler's statistics.",
        ["test", "grad", "perf", "support", "compile"], "test");

    private readonly Option<string> format = Options.Choice("--format", "How the result is written.", ["table", "json", "csv"], "table");

    private readonly Option<string> disable = Options.Text(
        "--disable", $"Optional features to do without, separated by commas: {string.Join(", ", DeviceFeatures.Names)}; or all.", "features", required: false);

    private readonly Option<bool> validation = Options.Switch(
        "--validation", "Let Vulkan's validation layer watch; a case fails if it complains.");

    private readonly Option<string[]> merge = SharedOptions.Merge(
        "Run nothing; write the page docs/conformance.md from JSON reports of earlier runs.");

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var arguments = new ConformanceCommand();
        var command = new Command(
            "conformance", "Checks every kernel of a device against the CPU reference. The exit code is 0 only when all cases ran and held.")
        {
            arguments.device, arguments.op, arguments.mode, arguments.format, arguments.disable, arguments.validation, arguments.merge,
        };
        command.SetAction(result => arguments.Run(result, terminal, cancellation));
        return command;
    }

    private int Run(ParseResult result, Terminal terminal, CancellationToken cancellation)
    {
        if (result.GetValue(merge) is { Length: > 0 } files)
        {
            var page = new ReportPage();
            Array.ForEach(files, page.Add);
            page.Write(terminal.Output);
            return ExitCode.Success;
        }

        string chosen = result.GetRequiredValue(mode);
        Regex? filter = Filter(result.GetValue(op));
        string[] disabled = DeviceFeatures.Parse(result.GetValue(disable));
        DeviceOptions options = DeviceFeatures.Without(disabled, new DeviceOptions
        {
            Selector = result.GetValue(device),
            Validation = result.GetValue(validation),
            Guards = chosen is "test" or "grad",
            PipelineStatistics = chosen == "compile",
            PipelineCacheFolder = chosen == "compile" ? null : UserCache.Folder("pipelines"), // statistics are of fresh compilations
        });
        using VulkanDevice opened = VulkanDevice.Open(options);
        if (chosen == "support")
        {
            SupportTable.Write(terminal, opened, result.GetRequiredValue(format));
            return ExitCode.Success;
        }

        if (chosen == "compile")
        {
            CompileReport compiled = CompileReport.Of(opened);
            CompileOutput.Write(terminal, compiled, result.GetRequiredValue(format));
            if (opened.ValidationMessages.Count > 0)
                throw new DeviceException($"Vulkan's validation layer complains; the first: {opened.ValidationMessages[0]}");
            return compiled.Holds ? ExitCode.Success : ExitCode.Failure;
        }

        using var kernels = new VulkanKernels(opened);
        bool watched = terminal.IsInteractive && result.GetRequiredValue(format) == "table";
        if (chosen == "perf")
        {
            var timing = new PerfRun(kernels);
            List<PerfResult> speeds = RunAll(PerfCases.ByName, timing.Run, filter, terminal, watched, cancellation);
            PerfOutput.Write(terminal, opened.Info, timing, speeds, result.GetRequiredValue(format));
            return ExitCode.Success;
        }

        using var run = new ConformanceRun(kernels);
        IReadOnlyList<CaseResult> cases = chosen == "grad"
            ? RunAll(TapeCases.ByName, run.Run, filter, terminal, watched, cancellation)
            : RunAll(KernelCases.ByName, run.Run, filter, terminal, watched, cancellation);
        var report = new ConformanceReport(chosen, opened.Info, opened.SubgroupSize, disabled, cases);
        Write(report, result.GetRequiredValue(format), terminal);
        return report.Holds ? ExitCode.Success : ExitCode.Failure;
    }

    private static List<TResult> RunAll<T, TResult>(
        IReadOnlyDictionary<string, T> cases, Func<T, TResult> run, Regex? filter, Terminal terminal, bool watched, CancellationToken cancellation)
    {
        T[] chosen = [.. cases.Where(item => filter?.IsMatch(item.Key) ?? true).Select(item => item.Value)];
        if (chosen.Length == 0)
            throw new ArgumentException($"--op '{filter}' matches none of the {cases.Count} cases.");

        // The result alone goes to the output, which a program may read; progress is for someone who watches.
        var results = new List<TResult>();
        void RunEach(Action<int> report)
        {
            foreach (T item in chosen)
            {
                cancellation.ThrowIfCancellationRequested();
                results.Add(run(item));
                report(results.Count);
            }
        }

        if (watched)
            new LiveProgress(terminal.Console).Show("cases", chosen.Length, bar => RunEach(done => bar.Report(done)));
        else
            RunEach(_ => { });
        return results;
    }

    private static Regex? Filter(string? pattern)
    {
        try
        {
            return pattern is null ? null : new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (RegexParseException error)
        {
            throw new ArgumentException($"--op is no regular expression: {error.Message}", error);
        }
    }

    private static void Write(ConformanceReport report, string format, Terminal terminal)
    {
        switch (format)
        {
            case "json":
                ReportJson.Write(terminal.Output, report);
                break;
            case "csv":
                ReportCsv.Write(terminal.Output, report);
                break;
            default:
                terminal.Output.WriteLine(
                    $"{report.Device.Name}, {report.Device.Driver}, subgroups of {report.SubgroupWidth}, mode {report.Mode}");
                ReportTable.Write(terminal, report);
                break;
        }
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using VkSparseGrad.Cli.Adapters;
using VkSparseGrad.Cli.Bench;
using VkSparseGrad.Cli.Compare;
using VkSparseGrad.Cli.Conformance;
using VkSparseGrad.Cli.Demo;
using VkSparseGrad.Cli.Evaluate;
using VkSparseGrad.Cli.Generate;
using VkSparseGrad.Cli.InspectGradients;
using VkSparseGrad.Cli.Plan;
using VkSparseGrad.Cli.Predict;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.TrainLanguage;

namespace VkSparseGrad.Cli.CommandLine;

/// <summary>The command <c>vksparsegrad</c>: reads the command line, runs what it asks for, tells failures in one line.</summary>
internal static class CommandLineApp
{
    private const string Description = """
        Fine-tunes BERT, RoBERTa and LLaMA on any GPU that speaks Vulkan, or on the CPU through a software driver, with SparseGrad
        (Chekalina et al., EMNLP 2024) or in full.

        Examples:
          vksparsegrad demo
          vksparsegrad devices
          vksparsegrad conformance --device nvidia
          vksparsegrad train --model ./bert-base-uncased --task cola --data ./CoLA --method sparsegrad --output ./cola
          vksparsegrad evaluate --model ./cola --task cola --data ./CoLA
          vksparsegrad train-lm --model ./stories260K --format text --data ./stories.txt --method sparsegrad --output ./stories
          vksparsegrad generate --model ./stories --prompt "Once upon a time"
        """;

    /// <summary>Runs the command.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Run(string[] args, Terminal terminal, CancellationToken cancellation = default)
    {
        // Not a RootCommand, which is called after the assembly.
        var root = new Command("vksparsegrad", Description)
        {
            new HelpOption(),
            new VersionOption(),
            TrainCommand.Create(terminal, cancellation),
            TrainLanguageCommand.Create(terminal, cancellation),
            GenerateCommand.Create(terminal, cancellation),
            EvaluateCommand.Create(terminal, cancellation),
            PredictCommand.Create(terminal, cancellation),
            MergeCommand.Create(terminal, cancellation),
            ExportCommand.Create(terminal),
            InspectCommand.Create(terminal, cancellation),
            CompareCommand.Create(terminal, cancellation),
            PlanCommand.Create(terminal),
            DevicesCommand.Create(terminal),
            ConformanceCommand.Create(terminal, cancellation),
            BenchCommand.Create(terminal, cancellation),
            TuneCommand.Create(terminal, cancellation),
            DemoCommand.Create(terminal, cancellation),
        };
        root.SetAction(result => new HelpAction().Invoke(result));

        // A path that begins with @ is a path.
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (UsageError.In(parsed) is string fault)
        {
            terminal.Error.WriteLine("error: " + fault);
            return ExitCode.Usage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // the caller's token stops the work
            });
        }
        catch (Exception exception) when (ExpectedFailure.Is(exception))
        {
            return ExpectedFailure.Tell(exception, terminal.Error);
        }
    }
}

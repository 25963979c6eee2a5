using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.Progress;

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressDisplay
{
    /// <summary>Moving bars where someone watches, lines otherwise.</summary>
    public static IProgressDisplay Of(Terminal terminal) =>
        terminal.IsInteractive ? new LiveProgress(terminal.Console) : new PlainProgress(terminal.Output);
}

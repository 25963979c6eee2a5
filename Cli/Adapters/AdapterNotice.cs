using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Adapters;

namespace VkSparseGrad.Cli.Adapters;

/// <summary>Says what an opened adapter is.</summary>
internal static class AdapterNotice
{
    public static void Tell(Terminal terminal, AdaptedWeights weights)
    {
        AdapterDescription adapter = weights.Description;
        terminal.Output.WriteLine(
            $"Adapter: {MethodArguments.Name(adapter.Method)}, trained on {Plain(adapter.Task ?? "a task that it does not name")} from {Plain(adapter.BaseModel)}{(adapter.Labels > 0 ? $", {adapter.Labels} labels" : "")}");
        Warn(terminal, weights);
    }

    /// <summary>Says only what is doubtful about it.</summary>
    public static void Warn(Terminal terminal, AdaptedWeights weights)
    {
        if (weights.Warning is string warning)
            terminal.Error.WriteLine("warning: " + warning);
    }

    // The file may be anyone's, and a terminal obeys control characters.
    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}

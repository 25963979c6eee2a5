using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Cli.Tasks;

/// <summary>The option <c>--task</c>.</summary>
internal static class TaskOption
{
    private const string Help = "GLUE task. Of a sentence: cola (is it good English?), sst2 (is it positive?). Of two: mrpc, qqp (do they say, or ask, the same?), stsb (how much alike are they, from 0 to 5?), mnli (does the first entail the second, contradict it, or neither?), qnli (does the second answer the first?), rte, wnli (does the first entail the second?).";

    public static Option<string> Create() => Options.Choice("--task", Help, [.. GlueTasks.All.Select(TrainArguments.Name)]);

    public static GlueTask Read(ParseResult result, Option<string> option) =>
        GlueTasks.All.Single(task => TrainArguments.Name(task) == result.GetRequiredValue(option));
}

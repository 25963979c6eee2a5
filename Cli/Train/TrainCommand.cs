using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.Train;

/// <summary><c>vksparsegrad train</c>.</summary>
internal static class TrainCommand
{
    private const string Description = """
        Fine-tunes a BERT, a RoBERTa or a LLaMA with a classification head on a GLUE task and writes the trained model. Evaluates on the dev split before and after.

        Example: SparseGrad on the first 6,000 rows of SST-2
          vksparsegrad train --model ./all-MiniLM-L6-v2 --task sst2 --data ./SST-2 --method sparsegrad --output ./sst2-sparsegrad --max-train-rows 6000

        Then the same with '--method full' and another --output, and compare the two metrics.json.
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var command = new Command("train", Description);
        var arguments = new TrainArguments();
        foreach (Option option in arguments.All)
            command.Options.Add(option);
        command.SetAction(result =>
        {
            SavedTrainRun.Execute(arguments.Read(result), terminal, cancellation);
            return ExitCode.Success;
        });
        return command;
    }
}

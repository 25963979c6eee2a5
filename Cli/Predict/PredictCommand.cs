using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Evaluate;

namespace VkSparseGrad.Cli.Predict;

/// <summary><c>vksparsegrad predict</c>.</summary>
internal static class PredictCommand
{
    private const string Description = """
        Writes what a trained model says of data that need not have labels, in the form the GLUE benchmark takes.

        Example: MNLI-m.tsv and MNLI-mm.tsv of the two test files
          vksparsegrad predict --model ./mnli --task mnli --data ./MNLI --output ./submission
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var arguments = new InferenceArguments(
            ["test", "dev"],
            Options.Text("--output", "Folder for the files under the benchmark's names, made if it is not there; or a name that ends in .tsv, for one file.", "path", required: true));
        var command = new Command("predict", Description);
        arguments.AddTo(command);
        command.SetAction(result =>
        {
            new PredictRun(arguments.Read(result), terminal, cancellation).Execute();
            return ExitCode.Success;
        });
        return command;
    }
}

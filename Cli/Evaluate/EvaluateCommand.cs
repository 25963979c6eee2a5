using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.Evaluate;

/// <summary><c>vksparsegrad evaluate</c>.</summary>
internal static class EvaluateCommand
{
    private const string Description = """
        Scores a trained model on labelled data of its task.

        Examples: a result of 'train', and its adapter on the base model
          vksparsegrad evaluate --model ./mnli --task mnli --data ./MNLI
          vksparsegrad evaluate --model ./bert-base-uncased --adapter ./mnli/adapter --task mnli --data ./MNLI --output scores.json
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        Option<int?> maxEvalRows = Options.Number<int>(
            "--max-eval-rows", "Evaluate on the first n rows of each file only. [default: all]", "a whole number from 1 on", value => value >= 1);
        var arguments = new InferenceArguments(
            ["dev", "train"], Options.Text("--output", "JSON file for the scores.", "file", required: false));
        var command = new Command("evaluate", Description);
        arguments.AddTo(command);
        command.Options.Add(maxEvalRows);
        command.SetAction(result =>
        {
            new EvaluateRun(arguments.Read(result) with { MaxRows = result.GetValue(maxEvalRows) }, terminal, cancellation).Execute();
            return ExitCode.Success;
        });
        return command;
    }
}

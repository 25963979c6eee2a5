using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary><c>vksparsegrad inspect-gradients</c>.</summary>
internal static class InspectCommand
{
    private const string Description = """
        Shows how SparseGrad's bases concentrate the gradient of a model's MLP weights: finds the bases on some batches, then
        compares the gradients of other batches before and after the rotation. Nothing is trained.

        Example
          vksparsegrad inspect-gradients --model ./all-MiniLM-L6-v2 --task cola --data ./CoLA --output ./gradients
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var command = new Command("inspect-gradients", Description);
        var arguments = new InspectArguments();
        arguments.AddTo(command);
        command.SetAction(result =>
        {
            new InspectRun(arguments.Read(result), terminal, cancellation).Execute();
            return ExitCode.Success;
        });
        return command;
    }
}

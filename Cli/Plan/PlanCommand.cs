using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.Plan;

/// <summary><c>vksparsegrad plan</c>: the memory of a training run, before it.</summary>
internal static class PlanCommand
{
    private const string Description = """
        Tells the memory that a training run will need, from config.json alone: no weights, no device.

        Example: every third block of LLaMA-2-7B, its other weights kept frozen in 16 bits
          vksparsegrad plan --model ./Llama-2-7b-hf --method sparsegrad --train mlp --layers %3 --batch-size 1 --checkpointing
        """;

    public static Command Create(Terminal terminal)
    {
        var command = new Command("plan", Description);
        var arguments = new PlanArguments();
        foreach (Option option in arguments.All)
            command.Options.Add(option);
        command.SetAction(result =>
        {
            PlannedRun run = PlannedRun.Of(arguments.Read(result));
            if (arguments.AsJson(result))
                PlanJson.Write(terminal.Output, run);
            else
                PlanTable.Write(terminal, run);
            return ExitCode.Success;
        });
        return command;
    }
}

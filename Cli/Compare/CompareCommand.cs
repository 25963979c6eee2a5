using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Compare.Plan;

namespace VkSparseGrad.Cli.Compare;

/// <summary><c>vksparsegrad compare</c>.</summary>
internal static class CompareCommand
{
    private const string Description = """
        Fine-tunes a model on several tasks by several methods with several seeds, and writes one report of all: scores, trained
        parameters, speed, memory, plots. Finished runs stay; the same command again does what is left.

        Example: three methods on two tasks, three seeds each, in OUTPUT/cells/TASK/METHOD/seed-N
          vksparsegrad compare --model ./all-MiniLM-L6-v2 --data ./glue --tasks cola,sst2 --methods full,lora,sparsegrad --seeds 1,2,3 --max-train-rows 6000 --output ./comparison

        The same, with SparseGrad in two forms, as a file for --file. Settings have the names of the options below; those of a
        task take the place of the shared ones, and those of a method that of both. Paths are as on the command line.
          {
            "model": "./all-MiniLM-L6-v2", "data": "./glue", "output": "./comparison",
            "tasks": ["cola", {"name": "sst2", "folder": "SST-2", "max_train_rows": 3000}],
            "methods": ["full", "lora", "sparsegrad",
              {"name": "sparsegrad d/8", "method": "sparsegrad", "selection": "rows:0.125,refresh:20"}],
            "seeds": [1, 2, 3],
            "settings": {"max_train_rows": 6000, "learning_rate": 1e-4}
          }
        Beside these, "fractions", "selections" and "preliminary" are lists as in the options of these names.
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var command = new Command("compare", Description);
        var arguments = new CompareArguments();
        foreach (Option option in arguments.All)
            command.Options.Add(option);
        command.SetAction(result =>
        {
            ComparisonRequest request;
            try
            {
                request = arguments.Read(result);
            }
            catch (ArgumentException fault)
            {
                terminal.Error.WriteLine("error: " + fault.Message);
                return ExitCode.Usage;
            }

            return new CompareRun(request, arguments.Overwrites(result), terminal, cancellation).Execute();
        });
        return command;
    }
}

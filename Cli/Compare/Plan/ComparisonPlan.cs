using System.Globalization;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Compare.Plan;

/// <summary>Every cell of a comparison.</summary>
/// <param name="Tasks">The tasks' names.</param>
/// <param name="Methods">The methods.</param>
/// <param name="Seeds">The seeds.</param>
/// <param name="Cells">One for each of the three together: a seed of all tasks and methods, then the next.</param>
internal sealed record ComparisonPlan(
    IReadOnlyList<string> Tasks, IReadOnlyList<MethodVariant> Methods, IReadOnlyList<ulong> Seeds, IReadOnlyList<Cell> Cells)
{
    /// <summary>The folder of the cells in that of the comparison.</summary>
    public const string CellsFolder = "cells";

    /// <summary>Makes the plan; reads the model's configuration, and finds the tasks' folders.</summary>
    /// <exception cref="ArgumentException">Something is asked for that does not go together.</exception>
    /// <exception cref="IOException">The model or the data is not there.</exception>
    public static ComparisonPlan Of(ComparisonRequest request)
    {
        string[] tasks = [.. request.Tasks.Select(task => TrainArguments.Name(task.Task))];
        IReadOnlyList<MethodVariant> methods = MethodVariant.Of(request);
        RefuseTwice("task", tasks);
        RefuseTwice("method", methods.Select(method => method.Name));
        RefuseTwice("folder of a method", methods.Select(method => method.Folder));
        RefuseTwice("seed", request.Seeds.Select(seed => seed.ToString(CultureInfo.InvariantCulture)));
        string[] folders = [.. request.Tasks.Select(task => task.Folder is null ? TaskFolder.Find(request.Data, task.Task) : Path.Combine(request.Data, task.Folder))];
        var models = new Dictionary<(int Outputs, bool ResetHead), ModelSizes>();
        var cells = new List<Cell>();
        foreach (ulong seed in request.Seeds)
        {
            for (int i = 0; i < tasks.Length; i++)
            {
                foreach (MethodVariant method in methods)
                    cells.Add(CellOf(request, request.Tasks[i], folders[i], method, seed, models));
            }
        }

        return new ComparisonPlan(tasks, methods, request.Seeds, cells);
    }

    /// <summary>The cells of a task and a method, in the order of the seeds.</summary>
    public IReadOnlyList<Cell> Of(string task, MethodVariant method) => [.. Cells.Where(cell => cell.Task == task && cell.Method == method)];

    private static Cell CellOf(
        ComparisonRequest request, TaskRequest task, string folder, MethodVariant method, ulong seed,
        Dictionary<(int Outputs, bool ResetHead), ModelSizes> models)
    {
        string name = TrainArguments.Name(task.Task);
        string number = seed.ToString(CultureInfo.InvariantCulture);
        (string, string)[] own =
        [
            ("--model", request.Model), ("--task", name), ("--data", folder), ("--method", method.Method), ("--seed", number),
            ("--output", Path.Combine(request.Output, CellsFolder, name, method.Folder, "seed-" + number)),
        ];
        TrainSettings settings;
        try
        {
            settings = CellSettings.Read(own, request.Settings, task.Settings, method.Settings);
        }
        catch (ArgumentException fault)
        {
            throw new ArgumentException($"{method.Name} on {name}: {fault.Message}", fault);
        }

        if (!models.TryGetValue((task.Task.Outputs, settings.ResetHead), out ModelSizes? sizes))
        {
            using ModelCheckpoint checkpoint = ModelFolder.Open(request.Model, task.Task.Outputs, settings.ResetHead);
            sizes = models[(task.Task.Outputs, settings.ResetHead)] = checkpoint.Sizes;
        }

        return new Cell(name, method, settings.For(sizes));
    }

    private static void RefuseTwice(string what, IEnumerable<string> names)
    {
        string? twice = names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null)
            throw new ArgumentException($"The {what} '{twice}' is there twice; give each once.");
    }
}

using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Models;
using VkSparseGrad.Planning;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Plan;

/// <summary>Writes a plan for people: a table by category and phase, and what it comes to.</summary>
internal static class PlanTable
{
    public static void Write(Terminal terminal, PlannedRun run)
    {
        MemoryPlan plan = run.Memory;
        TrainingOptions training = run.Options.Training;
        string sequences = training.BatchSize == 1 ? "one sequence" : $"{training.BatchSize} sequences";
        terminal.Output.WriteLine($"Model: {run.Model}, {Text.Count(plan.Parameters)} parameters, stored as {Name(run.Options.Weights)}");
        terminal.Output.WriteLine(
            $"Run: {MethodArguments.Name(training.Method)}, {sequences} of {Text.Count(run.Options.Length)} tokens a batch, {PrecisionOption.Name(training.Precision)}{(training.Checkpointing ? ", checkpointing" : "")}");
        terminal.Console.Write(TableOf(plan));
        string share = FormattableString.Invariant($"{100.0 * plan.TrainedValues / plan.Parameters:0.##}");
        terminal.Output.WriteLine($"Trained parameters: {Text.Count(plan.TrainedValues)} ({share} % of the model's)");
        terminal.Output.WriteLine($"Peak device memory: {Text.Bytes(plan.PeakBytes)}, in {Description(plan.Largest.Phase)}. {Dominating(run)}");
        // A software driver takes the device's memory from the host.
        Func<PhaseMemory, long> host = IsSoftware(run) ? phase => phase.HostBytes + phase.Peak.Total : phase => phase.HostBytes;
        PhaseMemory most = plan.Phases.MaxBy(host)!;
        terminal.Output.WriteLine(
            $"Host memory{(IsSoftware(run) ? ", the device's included" : "")}: about {Text.Bytes(host(most))}, in {Description(most.Phase)}");
    }

    /// <summary>The name of a phase as in JSON.</summary>
    public static string Name(RunPhase phase) => phase.ToString().ToLowerInvariant();

    /// <summary>The name of a category as in JSON.</summary>
    public static string Name(MemoryCategory category) => category.ToString().ToLowerInvariant();

    private static Table TableOf(MemoryPlan plan)
    {
        var table = new Table();
        table.AddColumn("Peak");
        foreach (PhaseMemory phase in plan.Phases)
            table.AddColumn(new TableColumn(Name(phase.Phase)).RightAligned());
        foreach (MemoryCategory category in Enum.GetValues<MemoryCategory>())
            AddRow(table, plan, Name(category), phase => phase.Peak[category]);
        AddRow(table, plan, "device", phase => phase.Peak.Total);
        AddRow(table, plan, "host, about", phase => phase.HostBytes);
        return table;
    }

    private static void AddRow(Table table, MemoryPlan plan, string name, Func<PhaseMemory, long> bytes) =>
        table.AddRow([name, .. plan.Phases.Select(phase => bytes(phase) is > 0 and long count ? Text.Bytes(count) : "-")]);

    /// <summary>What most of the peak is, and what makes it less.</summary>
    private static string Dominating(PlannedRun run)
    {
        MemoryUsage peak = run.Memory.Largest.Peak;
        MemoryCategory most = Enum.GetValues<MemoryCategory>().MaxBy(category => peak[category]);
        string share = FormattableString.Invariant($"{100.0 * peak[most] / peak.Total:0}");
        return $"Most of it, {share} %, is {Name(most)}; {Remedy(most, run)}.";
    }

    private static string Remedy(MemoryCategory category, PlannedRun run) => category switch
    {
        MemoryCategory.Weights when run is { Adapted.KeepsHalves: false, Options.Weights: not WeightFormat.Float32 } =>
            "with --train mlp the frozen ones stay in 16 bits",
        MemoryCategory.Weights => "that is the model itself",
        MemoryCategory.Activations when run.Options.Training is { Checkpointing: false, Precision: Precision.Float32 } =>
            "less with --precision mixed, --checkpointing, a smaller --batch-size or a shorter --length",
        MemoryCategory.Activations when !run.Options.Training.Checkpointing => "less with --checkpointing, a smaller --batch-size or a shorter --length",
        MemoryCategory.Activations or MemoryCategory.Scratch => "less with a smaller --batch-size or a shorter --length",
        MemoryCategory.Basis => "SparseGrad's bases are as large as the MLP's sides squared",
        _ => "less with a method that trains fewer values, --train mlp or fewer --layers",
    };

    private static string Name(WeightFormat format) => format switch
    {
        WeightFormat.Float16 => "f16",
        WeightFormat.BFloat16 => "bf16",
        _ => "f32",
    };

    private static string Description(RunPhase phase) => phase switch
    {
        RunPhase.Load => "loading",
        RunPhase.Preliminary => "the preliminary phase",
        RunPhase.Basis => "the computation of the bases",
        RunPhase.Rotation => "the rotation of the weights",
        RunPhase.Saving => "saving",
        _ => "training",
    };

    private static bool IsSoftware(PlannedRun run) => run.Options.Matmul == Devices.MatmulKernel.Subgroup;
}

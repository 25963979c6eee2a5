using System.Text.Json;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Planning;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Cli.Plan;

/// <summary>Writes a plan as a JSON object. Memory is in bytes.</summary>
internal static class PlanJson
{
    public static void Write(TextWriter output, PlannedRun run) => JsonOutput.WriteObject(output, json =>
    {
        MemoryPlan plan = run.Memory;
        json.WriteString("model", run.Model);
        json.WriteString("method", MethodArguments.Name(run.Options.Training.Method));
        json.WriteNumber("batch_size", run.Options.Training.BatchSize);
        json.WriteNumber("length", run.Options.Length);
        json.WriteNumber("parameters", plan.Parameters);
        json.WriteNumber("trained_parameters", plan.TrainedValues);
        json.WriteNumber("peak_bytes", plan.PeakBytes);
        json.WriteNumber("host_bytes", plan.HostBytes);
        json.WriteStartArray("phases");
        foreach (PhaseMemory phase in plan.Phases)
        {
            json.WriteStartObject();
            json.WriteString("phase", PlanTable.Name(phase.Phase));
            json.WriteNumber("peak_bytes", phase.Peak.Total);
            foreach (MemoryCategory category in Enum.GetValues<MemoryCategory>())
                json.WriteNumber($"{PlanTable.Name(category)}_bytes", phase.Peak[category]);
            json.WriteNumber("host_bytes", phase.HostBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}

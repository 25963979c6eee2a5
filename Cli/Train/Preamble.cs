using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Devices;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>What a run says before it works.</summary>
internal static class Preamble
{
    private const int MostNames = 3;

    public static void TellSettings(Terminal terminal, IReadOnlyList<(string Name, object? Value)> settings) =>
        terminal.Output.WriteLine("Settings: " + EffectiveSettings.Line(settings));

    /// <summary>What is remarkable about the checkpoint, a line each.</summary>
    public static void TellCheckpoint(Terminal terminal, ModelCheckpoint checkpoint)
    {
        if (checkpoint.Ignored.Count > 0)
            terminal.Output.WriteLine($"Model: ignored, since a classifier has no use for {(checkpoint.Ignored.Count == 1 ? "it" : "them")}: {Names(checkpoint.Ignored)}");
        if (checkpoint.Renamed.Count > 0)
            terminal.Output.WriteLine($"Model: under old names: {Names([.. checkpoint.Renamed.Select(rename => rename.FileName)])}");
        if (checkpoint.NewlyInitialized.Count > 0)
            terminal.Output.WriteLine($"Model: newly initialized, which is normal for a head: {Names(checkpoint.NewlyInitialized)}");
    }

    public static void TellData(Terminal terminal, TaskData data)
    {
        terminal.Output.WriteLine($"Data: train {data.Train.Describe(data.MaxLength)}");
        if (data.Dev is [TokenizedSplit dev])
            terminal.Output.WriteLine($"Data: dev {dev.Describe(data.MaxLength)}");
        else
            TellFiles(terminal, data.Dev, data.MaxLength);
    }

    public static void TellFiles(Terminal terminal, IReadOnlyList<TokenizedSplit> files, int maxLength)
    {
        foreach (TokenizedSplit file in files)
            terminal.Output.WriteLine($"Data: {file.File.Name} {file.Describe(maxLength)}");
    }

    public static void TellDevice(Terminal terminal, DeviceInfo device) =>
        terminal.Output.WriteLine($"Device: {device.Index}: {device.Name}, {Text.Kind(device.Kind)}, {device.Driver}");

    /// <summary>The checkpoint that the run goes on from, if any.</summary>
    public static void TellResumption(Terminal terminal, Checkpoint? checkpoint, DeviceInfo device)
    {
        if (checkpoint is null)
            return;
        CheckpointRecord record = checkpoint.Record;
        TrainingPosition at = record.Position;
        string place = at.IsTraining ? $"step {Text.Count(at.Step)}" : $"preliminary step {Text.Count(at.PreliminaryStep)}";
        terminal.Output.WriteLine($"Checkpoint: going on from {checkpoint.Folder}, {place}");
        if ((record.Device, record.Driver) != (device.Name, device.Driver))
            terminal.Output.WriteLine($"Checkpoint: written on {record.Device}, {record.Driver}; on another device or driver the last bits differ");
    }

    private static string Names(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");
}

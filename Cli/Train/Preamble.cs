using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Devices;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Train;

/// <summary>What a run says before it works.</summary>
internal static class Preamble
{
    private const int MostNames = 3;

    public static void TellSettings(Terminal terminal, IReadOnlyList<(string Name, object? Value)> settings) =>
        terminal.Output.WriteLine("Settings: " + EffectiveSettings.Line(settings));

    /// <summary>What is remarkable about the checkpoint, a line each.</summary>
    public static void TellCheckpoint(Terminal terminal, BertCheckpoint checkpoint)
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

    private static string Names(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");
}

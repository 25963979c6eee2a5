using System.Diagnostics;

namespace VkSparseGrad.Tests.Cli;

/// <summary>The command as a process of its own.</summary>
internal static class ChildProcess
{
    private static readonly string Command = Path.Combine(AppContext.BaseDirectory, "VkSparseGrad.Cli.dll");

    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] args) =>
        StartHost(environment, [Command, .. args]);

    public static CommandRun Run(IReadOnlyDictionary<string, string> environment, params string[] args) =>
        Complete(Start(environment, args));

    /// <summary>Runs it under another program, which gets its command line behind its own.</summary>
    public static CommandRun RunIn(string[] outer, params string[] args) =>
        Complete(Start(new Dictionary<string, string>(), outer[0], [.. outer[1..], "dotnet", Command, .. args]));

    /// <summary>Runs it as if it were not built for invariant globalization, so that the machine's language counts.</summary>
    public static CommandRun RunLocalized(string language, params string[] args)
    {
        string configuration = File.ReadAllText(Path.ChangeExtension(Command, ".runtimeconfig.json"));
        foreach (string setting in (string[])["Invariant", "PredefinedCulturesOnly"])
        {
            string invariant = $"\"System.Globalization.{setting}\": true";
            Assert.Contains(invariant, configuration);
            configuration = configuration.Replace(invariant, invariant.Replace("true", "false", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        using var folder = new TempFolder();
        string file = folder.Write("localized.json", configuration);
        return Complete(StartHost(
            new Dictionary<string, string> { ["LC_ALL"] = language + ".UTF-8" }, ["exec", "--runtimeconfig", file, Command, .. args]));
    }

    private static Process StartHost(IReadOnlyDictionary<string, string> environment, string[] args) => Start(environment, "dotnet", args);

    private static Process Start(IReadOnlyDictionary<string, string> environment, string program, string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static CommandRun Complete(Process started)
    {
        using Process process = started;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandRun(process.ExitCode, output, error.Result);
    }
}

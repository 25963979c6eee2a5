using System.Diagnostics;

namespace VkSparseGrad.Tests.Samples;

/// <summary>One run of a built sample in a process of its own.</summary>
/// <param name="ExitCode">What it ended with.</param>
/// <param name="Output">Both of its output streams.</param>
internal sealed record SampleRun(int ExitCode, string Output)
{
    public static SampleRun Start(string sample, string[] arguments, params (string Name, string Value)[] environment)
    {
        // Tests/bin/CONFIGURATION/FRAMEWORK
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        DirectoryInfo configuration = framework.Parent!;
        string solution = configuration.Parent!.Parent!.Parent!.FullName;
        string assembly = Path.Combine(solution, "samples", sample, "bin", configuration.Name, framework.Name, sample + ".dll");
        var start = new ProcessStartInfo("dotnet", ["exec", assembly, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
        }

        return new SampleRun(process.ExitCode, output + errors.Result);
    }
}

using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Tests.Cli;

/// <summary>What the command did in this process, as if its output went to a pipe.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static CommandRun Of(params string[] args) => Of(CancellationToken.None, args);

    public static CommandRun Of(CancellationToken cancellation, params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int exitCode = CommandLineApp.Run(args, new Terminal(output, error, isInteractive: false), cancellation);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }

    public void AssertSuccess() => Assert.AreEqual(0, ExitCode, Error + Output);

    /// <summary>Asserts one line on the error stream with the given words in it.</summary>
    public void AssertFailure(int exitCode, params string[] words)
    {
        Assert.AreEqual(exitCode, ExitCode, Error + Output);
        Assert.StartsWith("error: ", Error);
        Assert.HasCount(1, Error.TrimEnd().Split('\n'), Error);
        foreach (string word in words)
            Assert.Contains(word, Error);
    }
}

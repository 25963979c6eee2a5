using System.Diagnostics;
using System.Text.RegularExpressions;
using Spectre.Console;
using VkSparseGrad.Cli.Progress;

namespace VkSparseGrad.Tests.Cli;

/// <summary>The moving bar, as a terminal gets it.</summary>
[TestClass]
public sealed partial class LiveProgressTests
{
    [TestMethod]
    [DataRow(80)]
    [DataRow(120)]
    public void It_shows_the_loss_the_speed_and_the_time_left_in_one_line(int width)
    {
        string[] frames = Show(width, 100, "preliminary phase", bar =>
        {
            for (int done = 1; done <= 4; done++)
            {
                Thread.Sleep(100);
                bar.Report(done, "loss 0.6931, 123,456 tokens/s");
            }

            Thread.Sleep(300);
        });

        string halfway = frames.Last(frame => frame.Contains(" left", StringComparison.Ordinal));
        Assert.MatchesRegex(@"^preliminary phase: loss 0\.6931, 123,456 tokens/s ━+ +4% \d+(\.\d)? s left *$", halfway);
        Assert.MatchesRegex(@"^preliminary phase: loss 0\.6931, 123,456 tokens/s ━+ +100% \d+\.\d s *$", frames[^1]);
    }

    /// <summary>One slow step of many is enough to tell.</summary>
    [TestMethod]
    public void The_time_left_follows_from_the_first_step()
    {
        string[] frames = Show(80, 100, "training", bar =>
        {
            Thread.Sleep(400);
            bar.Report(1, "loss 0.6931");
            Thread.Sleep(300);
        });

        string first = frames.First(frame => frame.Contains(" left", StringComparison.Ordinal));
        Assert.MatchesRegex(@" 1% (\d\d+ s|\d+ min \d+ s) left *$", first, "99 times 0.4 s or more");
    }

    [TestMethod]
    public void Work_that_cannot_be_counted_shows_its_name_and_then_its_time()
    {
        string[] frames = Show(80, 0, "basis", _ => Thread.Sleep(300));

        Assert.StartsWith("basis ━", frames[0]);
        Assert.MatchesRegex(@"^basis ━+ 100% \d+\.\d s *$", frames[^1]);
    }

    [TestMethod]
    public void A_name_is_no_markup() => Assert.StartsWith("[red] ━", Show(80, 1, "[red]", bar => bar.Report(1))[^1]);

    [TestMethod]
    public void A_failure_comes_through_and_gives_the_cursor_back()
    {
        var output = new StringWriter();
        Assert.ThrowsExactly<IOException>(() => new LiveProgress(ConsoleOver(output, 80)).Show("training", 2, _ => throw new IOException()));
        Assert.EndsWith("\u001b[?25h", output.ToString());
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_run_in_a_terminal_shows_its_phases()
    {
        using var task = new TinyTask();
        using var cache = new OwnCache();
        string command = string.Join(' ', task.Train("full", "--epochs", "5").Select(word => $"'{word}'"));
        var start = new ProcessStartInfo(
            "script", ["-qec", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "VkSparseGrad.Cli.dll")}' {command}", "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        using Process process = Process.Start(start)!;
        string[] lines = Lines(process.StandardOutput.ReadToEnd());
        process.WaitForExit();

        Assert.AreEqual(0, process.ExitCode, string.Join('\n', lines));
        foreach (string phase in (string[])
            [
                "^evaluation before ━+ 100% ", "^training: loss 0\\.\\d{4}, [\\d,]+ tokens/s ━+ +\\d+% .* left",
                "^training: loss 0\\.\\d{4}, [\\d,]+ tokens/s ━+ 100% ", "^evaluation after ━+ 100% ", "^The result is in ",
            ])
        {
            Assert.IsTrue(lines.Any(line => Regex.IsMatch(line, phase)), $"{phase}\n{string.Join('\n', lines)}");
        }
    }

    /// <summary>The lines of all frames that were drawn.</summary>
    private static string[] Show(int width, int total, string phase, Action<IPhaseProgress> work)
    {
        var output = new StringWriter();
        new LiveProgress(ConsoleOver(output, width)).Show(phase, total, work);
        return Lines(output.ToString());
    }

    private static string[] Lines(string output) =>
        [.. EscapeCode().Replace(output, "").Split('\r', '\n').Where(line => !string.IsNullOrWhiteSpace(line))];

    private static IAnsiConsole ConsoleOver(StringWriter output, int width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = width;
        return console;
    }

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]")]
    private static partial Regex EscapeCode();
}

using Spectre.Console;

namespace VkSparseGrad.Cli.CommandLine;

/// <summary>Where the command writes to. Only an interactive terminal gets colours and moving bars.</summary>
internal sealed class Terminal
{
    // Tables are never wrapped in a file or a pipe.
    private const int PlainWidth = 160;

    public Terminal(TextWriter output, TextWriter error, bool isInteractive)
    {
        Output = output;
        Error = error;
        IsInteractive = isInteractive;
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isInteractive ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        if (!isInteractive)
            Console.Profile.Width = PlainWidth;
    }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public bool IsInteractive { get; }

    /// <summary>The output again, for tables and bars.</summary>
    public IAnsiConsole Console { get; }

    public static Terminal OfProcess()
    {
        bool isDumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Terminal(System.Console.Out, System.Console.Error, !System.Console.IsOutputRedirected && !isDumb);
    }
}

using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.Generate;

/// <summary><c>vksparsegrad generate</c>.</summary>
internal static class GenerateCommand
{
    private const string Description = """
        Continues a prompt with a language model of LLaMA's architecture, or answers a file of questions.

        Examples:
          vksparsegrad generate --model ./stories --prompt "Once upon a time" --max-new-tokens 200
          vksparsegrad generate --model ./Llama-2-7b-hf --adapter ./chat/adapter --chat --prompt "What is Vulkan?" --temperature 0.7 --top-p 0.9
          vksparsegrad generate --model ./chat --chat --greedy --questions ./question.jsonl --answers ./answers.jsonl
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var command = new Command("generate", Description);
        var arguments = new GenerateArguments();
        foreach (Option option in arguments.All)
            command.Options.Add(option);
        command.SetAction(result =>
        {
            new GenerateRun(arguments.Read(result), terminal, cancellation).Execute();
            return ExitCode.Success;
        });
        return command;
    }
}

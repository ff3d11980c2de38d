using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>Opens ONNX Runtime sessions on the execution provider asked for, or says why there is none.</summary>
internal static class ExecutionProviderSetup
{
    /// <summary>Loads ONNX Runtime and the execution provider, so that an app that lacks them learns so before it trains.</summary>
    public static void EnsureUsable(IHostEnvironment environment, ScoringOptions options)
    {
        OrtEnv.Instance();
        var gpu = CallerEnvironment.Gpu(environment);
        var (provider, device) = Choose(options, gpu);
        if (provider == ExecutionProvider.Cpu || MayFallBack(options, gpu))
            return;
        using var session = new SessionOptions();
        Append(session, provider, device);
    }

    /// <summary>Opens a session for a model, which the log names by its owner's type; its larger weights may be in a folder.</summary>
    public static InferenceSession Open(
        IHostEnvironment environment, byte[] model, ScoringOptions options, Type owner, string? externalDataFolder = null)
    {
        var gpu = CallerEnvironment.Gpu(environment);
        using var channel = environment.Register(owner.Name).Start("Scoring");
        var (provider, device) = Choose(options, gpu);
        InferenceSession session;
        try
        {
            session = Open(model, options, provider, device, externalDataFolder);
        }
        catch (InvalidOperationException e) when (MayFallBack(options, gpu))
        {
            channel.Warning(MessageSensitivity.None, "{0}", $"{e.Message} MLContext.FallbackToCpu is true: the CPU takes its place.");
            (provider, session) = (ExecutionProvider.Cpu, Open(model, options, ExecutionProvider.Cpu, 0, externalDataFolder));
        }
        var chosen = provider == ExecutionProvider.Cpu ? "on the CPU" : $"by {provider} on GPU {device}";
        channel.Info(MessageSensitivity.None, "{0}", $"Scoring {chosen}.");
        return session;
    }

    /// <summary>Opens a session on the CPU, the same whatever the machine has.</summary>
    public static InferenceSession OpenOnCpu(byte[] model) => Open(model, new ScoringOptions(), ExecutionProvider.Cpu, device: 0);

    /// <summary>The execution provider, never Auto, and its GPU: the options say it, and the MLContext where they leave it open.</summary>
    internal static (ExecutionProvider Provider, int Device) Choose(ScoringOptions options, GpuPreference gpu)
    {
        var provider = options.ExecutionProvider != ExecutionProvider.Auto ? options.ExecutionProvider
            : options.DeviceId is null && gpu.DeviceId is null ? ExecutionProvider.Cpu
            : ExecutionProvider.Cuda;
        return (provider, options.DeviceId ?? gpu.DeviceId ?? 0);
    }

    private static bool MayFallBack(ScoringOptions options, GpuPreference gpu) =>
        options.ExecutionProvider == ExecutionProvider.Auto && gpu.FallbackToCpu;

    private static InferenceSession Open(
        byte[] model, ScoringOptions options, ExecutionProvider provider, int device, string? externalDataFolder = null)
    {
        using var session = SessionFor(options, externalDataFolder);
        if (provider == ExecutionProvider.Cpu)
            return new InferenceSession(model, session);
        Append(session, provider, device);
        try
        {
            return new InferenceSession(model, session);
        }
        catch (OnnxRuntimeException e)
        {
            using var plain = SessionFor(options, externalDataFolder);
            new InferenceSession(model, plain).Dispose(); // a file that is no model throws here, whatever the provider
            throw Unusable(provider, device, e.Message, e);
        }
    }

    private static SessionOptions SessionFor(ScoringOptions options, string? externalDataFolder = null)
    {
        var session = new SessionOptions { IntraOpNumThreads = options.ThreadCount };
        if (!options.AllowSpinning)
            session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (externalDataFolder is not null)
            session.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", externalDataFolder);
        return session;
    }

    private static void Append(SessionOptions session, ExecutionProvider provider, int device)
    {
        // Sessions quietly do without a provider that the native library lacks, so that it has to be looked for.
        string[] needed = provider == ExecutionProvider.TensorRt
            ? ["TensorrtExecutionProvider", "CUDAExecutionProvider"]
            : ["CUDAExecutionProvider"];
        var available = OrtEnv.Instance().GetAvailableProviders();
        if (needed.Except(available).ToList() is { Count: > 0 } missing)
            throw Unusable(
                provider, device,
                $"the ONNX Runtime in use has no {string.Join(" and no ", missing)}, only {string.Join(", ", available)}.", null);
        try
        {
            if (provider == ExecutionProvider.TensorRt)
                session.AppendExecutionProvider_Tensorrt(device);
            session.AppendExecutionProvider_CUDA(device);
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw Unusable(provider, device, e.Message, e);
        }
    }

    private static InvalidOperationException Unusable(ExecutionProvider provider, int device, string reason, Exception? cause) => new(
        $"{nameof(ScoringOptions)}.{nameof(ScoringOptions.ExecutionProvider)}, its DeviceId or MLContext.GpuDeviceId asks for {provider}, " +
        $"but it cannot be used on GPU {device}: {reason} Reference the package Microsoft.ML.OnnxRuntime.Gpu instead of " +
        "Microsoft.ML.OnnxRuntime and install the libraries that it needs, or choose " +
        $"{nameof(ExecutionProvider)}.{nameof(ExecutionProvider.Cpu)}.", cause);
}

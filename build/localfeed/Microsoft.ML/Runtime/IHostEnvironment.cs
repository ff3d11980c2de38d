namespace Microsoft.ML.Runtime;

/// <summary>What components run in: it logs, hands out random numbers and knows the loadable components.</summary>
public interface IHostEnvironment : IChannelProvider, IProgressChannelProvider
{
    /// <summary>A child environment for the component of that name.</summary>
    IHost Register(string name, int? seed = null, bool? verbose = null);

    ComponentCatalog ComponentCatalog { get; }
}

/// <summary>A component's environment.</summary>
public interface IHost : IHostEnvironment
{
    /// <summary>Deterministic for a seeded environment, given the order of registrations.</summary>
    Random Rand { get; }
}

/// <summary>What an environment holds beyond its public face.</summary>
internal interface IHostEnvironmentInternal : IHostEnvironment
{
    int? Seed { get; }

    string TempFilePath { get; set; }

    bool FallbackToCpu { get; set; }

    int? GpuDeviceId { get; set; }

    bool TryAddOption<T>(string name, T value);

    void SetOption<T>(string name, T value);

    bool TryGetOption<T>(string name, out T value);

    T GetOptionOrDefault<T>(string name);

    bool RemoveOption(string name);
}

/// <summary>An environment whose work can be stopped.</summary>
internal interface ICancelable
{
    void CancelExecution();

    bool IsCanceled { get; }
}
